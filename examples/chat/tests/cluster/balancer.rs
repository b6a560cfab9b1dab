//! Instances that end in mid-conversation, behind HAProxy.

use futures_util::future::join_all;
use tokio_tungstenite::connect_async;

use crate::cluster::{Cluster, Proxy, until};
use crate::person::{Person, Progress, converse};
use crate::support::{Server, soon};

#[tokio::test]
async fn an_instance_is_killed_in_mid_conversation() {
    let Some(mut cluster) = Cluster::start(2).await else { return };
    let Some(balancer) = cluster.balancer().await else { return };
    let dying = cluster.instances.pop().expect("two");
    let endings = lose(balancer, dying, async |dying| {
        dying.process.kill().await.expect("it ran");
    });
    assert!(endings.await.contains(&None), "somebody was cut");
}

#[tokio::test]
async fn an_instance_is_restarted_in_mid_conversation() {
    let Some(mut cluster) = Cluster::start(2).await else { return };
    let Some(balancer) = cluster.balancer().await else { return };
    let ending = cluster.instances.pop().expect("two");
    let endings = lose(balancer, ending, async |ending| {
        ending.terminate().await;
        assert!(ending.wait().await.success());
    });
    let endings = endings.await;
    assert!(!endings.is_empty() && endings.iter().all(|code| *code == Some(1012)), "{endings:?}");
}

/// Six people talk, and one of two instances ends when a third of it is told. How connections ended.
async fn lose(
    balancer: Proxy,
    mut instance: Server,
    end: impl AsyncFnOnce(&mut Server),
) -> Vec<Option<u16>> {
    let names = ["Ann", "Bob", "Cleo", "Dan", "Eve", "Finn"];
    let people = join_all(names.map(|name| Person::enter(name, &balancer.site))).await;
    let progress: Vec<_> = people.iter().map(|person| person.progress.clone()).collect();
    converse(people, 30, async |progress| {
        until("a third is told", async || progress[0].told() >= 60).await;
        end(&mut instance).await;
        assert!(progress.iter().all(|person| person.told() < 180), "it is over too soon");
    })
    .await;
    progress.iter().flat_map(Progress::endings).collect()
}

#[tokio::test]
async fn pages_of_the_balancer_are_let_in_and_foreign_ones_are_not() {
    let Some(cluster) = Cluster::start(2).await else { return };
    let Some(balancer) = cluster.balancer().await else { return };
    let site = &balancer.site;
    let mut request = site.request("Ann", "lobby").await;
    let origin = format!("http://{}", site.address).parse().unwrap();
    request.headers_mut().insert("Origin", origin);
    assert!(soon(connect_async(request)).await.is_ok());
    let mut request = site.request("Ann", "lobby").await;
    // The instance's own address is not the one that the page is at.
    let origin = format!("http://{}", cluster.instances[0].address).parse().unwrap();
    request.headers_mut().insert("Origin", origin);
    assert_eq!(site.refusal(request).await, 403);
}
