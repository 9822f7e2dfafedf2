//! A loopback server of HTTP/1.1 on which a double is a function from a request to an answer. A [`Fault`] may come between them.

use serde_json::Value as Json;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// Counted from 1 over all connections.
    pub(crate) number: usize,
    pub(crate) method: String,
    /// Without the query.
    pub(crate) path: String,
    /// Decoded.
    pub(crate) query: Vec<(String, String)>,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> &str {
        let found = self
            .headers
            .iter()
            .find(|(k, _)| k.eq_ignore_ascii_case(name));
        found.map_or("", |(_, v)| v)
    }

    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        let found = self.query.iter().find(|(k, _)| k == name);
        found.map(|(_, v)| v.as_str())
    }

    /// The body as JSON; null if it is none.
    pub(crate) fn json(&self) -> Json {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// The body as a form.
    pub(crate) fn form(&self) -> Vec<(String, String)> {
        fields(&String::from_utf8_lossy(&self.body))
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
}

impl Response {
    pub(crate) fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: body.into(),
        }
    }

    pub(crate) fn json(status: u16, body: &Json) -> Self {
        Self::new(status, body.to_string()).header("Content-Type", "application/json")
    }

    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// What goes wrong with one request.
#[derive(Clone, Debug)]
pub(crate) enum Fault {
    /// The connection breaks before anybody has read the request.
    DropBefore,
    /// It is done, and the connection breaks before the answer.
    DropAfter,
    /// Not done: somebody on the way answers.
    Instead(Response),
    /// Done, and half of the answer comes.
    Truncate,
    /// Done, and the answer comes later than anybody waits.
    Delay,
    /// Done twice; the second answer comes.
    Twice,
}

/// A running server. It ends when it is dropped.
pub(crate) struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: Option<JoinHandle<()>>,
}

type Handler = Box<dyn FnMut(&Request) -> Response + Send>;
type Faults = Box<dyn FnMut(&Request) -> Option<Fault> + Send>;

struct Shared {
    state: Mutex<State>,
    handler: Mutex<(Handler, Faults)>,
}

#[derive(Default)]
struct State {
    ended: bool,
    requests: Vec<Request>,
    connections: Vec<TcpStream>,
}

/// The fault for the request of this number.
pub(crate) fn nth(number: usize, fault: Fault) -> impl FnMut(&Request) -> Option<Fault> + Send {
    move |request| (request.number == number).then(|| fault.clone())
}

/// No faults.
pub(crate) fn never(_: &Request) -> Option<Fault> {
    None
}

impl Server {
    pub(crate) fn new(
        handler: impl FnMut(&Request) -> Response + Send + 'static,
        faults: impl FnMut(&Request) -> Option<Fault> + Send + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            state: Mutex::default(),
            handler: Mutex::new((Box::new(handler), Box::new(faults))),
        });
        let accepted = Arc::clone(&shared);
        let accepting = std::thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(stream) = stream else { return };
                let mut state = accepted.state.lock().unwrap();
                if state.ended {
                    return;
                }
                state.connections.push(stream.try_clone().unwrap());
                drop(state);
                let shared = Arc::clone(&accepted);
                std::thread::spawn(move || {
                    let _ = shared.converse(stream);
                });
            }
        });
        Self {
            address,
            shared,
            accepting: Some(accepting),
        }
    }

    /// `http://127.0.0.1:port`, with the path behind it.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// All requests that were read so far, answered or not.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.shared.state.lock().unwrap().requests.clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let mut state = self.shared.state.lock().unwrap();
        state.ended = true;
        for connection in &state.connections {
            let _ = connection.shutdown(std::net::Shutdown::Both);
        }
        drop(state);
        let _ = TcpStream::connect(self.address);
        if let Some(accepting) = self.accepting.take() {
            let _ = accepting.join();
        }
    }
}

impl Shared {
    /// One request after another, until one of the two hangs up.
    fn converse(&self, stream: TcpStream) -> std::io::Result<()> {
        let mut reader = BufReader::new(stream.try_clone()?);
        let hang_up = || stream.shutdown(std::net::Shutdown::Both);
        while let Some(mut request) = read(&mut reader)? {
            let mut handler = self.handler.lock().unwrap();
            let mut state = self.state.lock().unwrap();
            request.number = state.requests.len() + 1;
            state.requests.push(request.clone());
            drop(state);
            let (handle, faults) = &mut *handler;
            let fault = faults(&request);
            let response = match &fault {
                Some(Fault::DropBefore) => return hang_up(),
                Some(Fault::Instead(response)) => response.clone(),
                Some(Fault::Twice) => {
                    handle(&request);
                    handle(&request)
                }
                Some(Fault::DropAfter | Fault::Truncate | Fault::Delay) | None => handle(&request),
            };
            drop(handler);
            let bytes = written(&response);
            match fault {
                Some(Fault::DropAfter) => return hang_up(),
                Some(Fault::Truncate) => {
                    // The head has come whole, and some of the body if there is any.
                    let half = bytes.len() - response.body.len().div_ceil(2).max(1);
                    (&stream).write_all(&bytes[..half])?;
                    return hang_up();
                }
                Some(Fault::Delay) => {
                    // Until the client has had enough.
                    let _ = reader.read(&mut [0]);
                    return hang_up();
                }
                Some(Fault::DropBefore | Fault::Instead(_) | Fault::Twice) | None => {
                    (&stream).write_all(&bytes)?;
                }
            }
        }
        Ok(())
    }
}

/// The next request of a connection; None where the client hung up.
fn read(reader: &mut impl BufRead) -> std::io::Result<Option<Request>> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let mut words = line.split_whitespace();
    let method = words.next().unwrap_or("").to_owned();
    let target = words.next().unwrap_or("").to_owned();
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        match line.trim_end().split_once(": ") {
            Some((name, value)) => headers.push((name.to_owned(), value.to_owned())),
            None => break,
        }
    }
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let mut request = Request {
        number: 0,
        method,
        path: decoded(path),
        query: fields(query),
        headers,
        body: Vec::new(),
    };
    if request.header("transfer-encoding") == "chunked" {
        loop {
            let mut size = String::new();
            reader.read_line(&mut size)?;
            let size = usize::from_str_radix(size.trim(), 16).unwrap_or(0);
            let mut chunk = vec![0; size + 2];
            reader.read_exact(&mut chunk)?;
            request.body.extend_from_slice(&chunk[..size]);
            if size == 0 {
                break;
            }
        }
    } else {
        let length = request.header("content-length").parse().unwrap_or(0);
        request.body = vec![0; length];
        reader.read_exact(&mut request.body)?;
    }
    Ok(Some(request))
}

fn written(response: &Response) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {} Said\r\n", response.status);
    for (name, value) in &response.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    if response.status != 204 {
        head.push_str(&format!("Content-Length: {}\r\n", response.body.len()));
    }
    head.push_str("\r\n");
    [head.as_bytes(), &response.body].concat()
}

fn fields(text: &str) -> Vec<(String, String)> {
    text.split('&')
        .filter(|part| !part.is_empty())
        .map(|part| {
            let (k, v) = part.split_once('=').unwrap_or((part, ""));
            (decoded(k), decoded(v))
        })
        .collect()
}

pub(crate) fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let (mut out, mut at) = (Vec::new(), 0);
    while at < bytes.len() {
        let hex = bytes.get(at + 1..at + 3).filter(|_| bytes[at] == b'%');
        let byte = hex.and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        match (byte, bytes[at]) {
            (Some(byte), _) => out.push(byte),
            (None, b'+') => out.push(b' '),
            (None, other) => out.push(other),
        }
        at += if byte.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&out).into_owned()
}
