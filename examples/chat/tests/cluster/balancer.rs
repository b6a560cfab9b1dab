//! Instances that end during a conversation, behind HAProxy.

use futures_util::future::join_all;
use tokio_tungstenite::connect_async;

use crate::cluster::{Cluster, Proxy, until};
use crate::person::{Person, Progress, converse};
use crate::support::{Server, soon};

#[tokio::test]
async fn nothing_is_lost_when_an_instance_is_killed() {
    let Some(mut cluster) = Cluster::start(2).await else { return };
    let Some(balancer) = cluster.start_balancer().await else { return };
    let dying = cluster.instances.pop().expect("two instances");
    let endings = end_during_conversation(balancer, dying, async |dying| {
        dying.process.kill().await.expect("a running process");
    });
    assert!(endings.await.contains(&None), "nobody lost a connection without a Close frame");
}

#[tokio::test]
async fn nothing_is_lost_when_an_instance_is_restarted() {
    let Some(mut cluster) = Cluster::start(2).await else { return };
    let Some(balancer) = cluster.start_balancer().await else { return };
    let ending = cluster.instances.pop().expect("two instances");
    let endings = end_during_conversation(balancer, ending, async |ending| {
        ending.terminate().await;
        assert!(ending.wait().await.success());
    });
    let endings = endings.await;
    assert!(!endings.is_empty() && endings.iter().all(|code| *code == Some(1012)), "{endings:?}");
}

/// Lets six people talk, and ends one of two instances after a third of the messages. Returns how
/// the connections ended.
async fn end_during_conversation(
    balancer: Proxy,
    mut instance: Server,
    end: impl AsyncFnOnce(&mut Server),
) -> Vec<Option<u16>> {
    let names = ["Ann", "Bob", "Cleo", "Dan", "Eve", "Finn"];
    let people = join_all(names.map(|name| Person::enter(name, &balancer.site))).await;
    let progress: Vec<_> = people.iter().map(|person| person.progress.clone()).collect();
    converse(people, 30, async |progress| {
        until("a third is received", async || progress[0].received() >= 60).await;
        end(&mut instance).await;
        assert!(
            progress.iter().all(|person| person.received() < 180),
            "the conversation was over too soon"
        );
    })
    .await;
    progress.iter().flat_map(Progress::endings).collect()
}

#[tokio::test]
async fn pages_at_the_address_of_the_balancer_are_accepted() {
    let Some(cluster) = Cluster::start(2).await else { return };
    let Some(balancer) = cluster.start_balancer().await else { return };
    let site = &balancer.site;
    let mut request = site.request("Ann", "lobby").await;
    let origin = format!("http://{}", site.address).parse().unwrap();
    request.headers_mut().insert("Origin", origin);
    assert!(soon(connect_async(request)).await.is_ok());
    let mut request = site.request("Ann", "lobby").await;
    // Pages at the address of the instance itself are foreign.
    let origin = format!("http://{}", cluster.instances[0].address).parse().unwrap();
    request.headers_mut().insert("Origin", origin);
    assert_eq!(site.refusal(request).await, 403);
}
