//! Redis, HAProxy and instances as processes, which end when the values that hold them are dropped.

use std::env::temp_dir;
use std::ffi::OsStr;
use std::fs::{create_dir_all, remove_dir_all};
use std::io::Write;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Stdio, id};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Duration;

use redis::AsyncCommands;
use redis::aio::MultiplexedConnection;
use tokio::process::{Child, Command};
use tokio::time::sleep;

use crate::support::{Server, Site, soon};

/// Some instances, and the Redis that they share.
pub(crate) struct Cluster {
    pub(crate) instances: Vec<Server>,
    pub(crate) redis: Redis,
}

impl Cluster {
    /// Starts Redis and some instances. `None` if Redis is not installed.
    pub(crate) async fn start(instances: usize) -> Option<Self> {
        Self::start_on(Redis::start(&["--save", ""]).await?, instances).await
    }

    pub(crate) async fn start_on(redis: Redis, instances: usize) -> Option<Self> {
        let mut cluster = Self { instances: Vec::new(), redis };
        for _ in 0..instances {
            cluster.instances.push(cluster.start_instance().await);
        }
        Some(cluster)
    }

    /// Starts one more instance.
    pub(crate) async fn start_instance(&self) -> Server {
        Server::start(&["--redis", &self.redis.url()]).await
    }

    /// Starts HAProxy before the first two instances. `None` if it is not installed.
    pub(crate) async fn start_balancer(&self) -> Option<Proxy> {
        Proxy::start([&self.instances[0].address, &self.instances[1].address]).await
    }
}

pub(crate) struct Redis {
    process: Option<Child>,
    port: u16,
    options: Vec<String>,
    directory: Directory,
}

impl Redis {
    pub(crate) async fn start(options: &[&str]) -> Option<Self> {
        find("redis-server", "redis-server")?;
        let mut redis = Self {
            process: None,
            port: free_port(),
            options: options.iter().map(|&option| option.to_owned()).collect(),
            directory: Directory::new(),
        };
        redis.run().await;
        Some(redis)
    }

    /// Runs the program, on the same port as before and with the data that it has stored.
    pub(crate) async fn run(&mut self) {
        let mut command = Command::new("redis-server");
        command.args(["--bind", "127.0.0.1", "--port"]).arg(self.port.to_string());
        command.arg("--dir").arg(&self.directory.0).args(&self.options);
        self.process = Some(start(command));
        until("Redis answers", async || {
            let Ok(client) = redis::Client::open(self.url()) else { return false };
            client.get_multiplexed_async_connection().await.is_ok()
        })
        .await;
    }

    pub(crate) const fn process(&mut self) -> &mut Child {
        self.process.as_mut().expect("a running process")
    }

    pub(crate) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://{}", self.address())
    }

    pub(crate) async fn connect(&self) -> MultiplexedConnection {
        let client = redis::Client::open(self.url()).expect("a URL");
        soon(client.get_multiplexed_async_connection()).await.expect("an answer")
    }

    pub(crate) async fn keys(&self) -> Vec<String> {
        soon(self.connect().await.keys("*")).await.expect("an answer")
    }
}

/// HAProxy, with the configuration from `proxy/`.
pub(crate) struct Proxy {
    _process: Child,
    pub(crate) site: Site,
}

impl Proxy {
    async fn start(instances: [&str; 2]) -> Option<Self> {
        let program =
            find("haproxy", "haproxy").or_else(|| find("/usr/sbin/haproxy", "haproxy"))?;
        let site = Site { address: format!("127.0.0.1:{}", free_port()) };
        let mut command = Command::new(program);
        command
            .args(["-f", concat!(env!("CARGO_MANIFEST_DIR"), "/proxy/haproxy.cfg")])
            .env("CHAT_LISTEN", &site.address)
            .env("CHAT_1", instances[0])
            .env("CHAT_2", instances[1]);
        let proxy = Self { _process: start(command), site };
        let has_answer =
            async || matches!(proxy.site.try_to_ask("GET", "/health", "").await, Ok((200, _)));
        until("HAProxy passes requests on", has_answer).await;
        Some(proxy)
    }
}

/// Waits until a condition is true. `what` describes the condition.
pub(crate) async fn until(what: &str, is_true: impl AsyncFn() -> bool) {
    for _ in 0..1_000 {
        if is_true().await {
            return;
        }
        sleep(Duration::from_millis(20)).await;
    }
    panic!("timed out: {what}");
}

fn start(mut command: Command) -> Child {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.kill_on_drop(true).spawn().expect("the program starts")
}

/// The program, if it is installed. Otherwise the test is skipped, or fails if all have to run.
fn find(program: &'static str, package: &str) -> Option<&'static OsStr> {
    let mut command = std::process::Command::new(program);
    command.arg("-v").stdout(Stdio::null()).stderr(Stdio::null());
    if command.status().is_ok() {
        return Some(OsStr::new(program));
    }
    let missing = format!("{package} is not installed: apt-get install {package}");
    assert!(std::env::var_os("CHAT_TESTS_DEMAND").is_none(), "{missing}");
    // Written directly, as the test harness captures what the macros print in a test that passes.
    let _ = writeln!(std::io::stderr(), "SKIPPED, as {missing}");
    None
}

/// A free port below those that the system gives out, so that no other program takes it while the
/// one that uses it is restarted.
fn free_port() -> u16 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    loop {
        let number = id().wrapping_mul(31).wrapping_add(NEXT.fetch_add(1, Relaxed));
        let port = 20_000 + (number % 12_000) as u16;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// A temporary directory, which is removed when this is dropped.
struct Directory(PathBuf);

impl Directory {
    fn new() -> Self {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let name = format!("chat-cluster-{}-{}", id(), MADE.fetch_add(1, Relaxed));
        let path = temp_dir().join(name);
        create_dir_all(&path).expect("a temporary directory");
        Self(path)
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = remove_dir_all(&self.0);
    }
}
