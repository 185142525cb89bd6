//! A client of the crate rml_rtmp, which does no input and output of its own.
#![forbid(unsafe_code)]

use bytes::Bytes;
use clients_of_other_crates::{Failure, Job, tags};
use rml_rtmp::handshake::{Handshake, HandshakeProcessResult, PeerType};
use rml_rtmp::sessions::{
    ClientSession, ClientSessionConfig, ClientSessionEvent, ClientSessionResult, PublishRequestType,
};
use rml_rtmp::time::RtmpTimestamp;
use std::io::{Read, Write};
use std::net::TcpStream;

/// How much is received at once.
const BUFFER: usize = 64 * 1024;

struct Client {
    socket: TcpStream,
    session: ClientSession,
    buffer: Vec<u8>,
    stream: String,
    received: u64,
    has_begun: bool,
}

impl Client {
    /// Connects and shakes hands; what the server said behind that is handled.
    fn connect(url: &str, publishes: bool) -> Result<Self, Failure> {
        let rest = url.strip_prefix("rtmp://").ok_or("not an rtmp URL")?;
        let [address, app, stream] = rest.split('/').collect::<Vec<_>>()[..] else {
            return Err("not rtmp://host:port/app/stream".into());
        };
        let mut socket = TcpStream::connect(address)?;
        socket.set_nodelay(true)?;
        let mut handshake = Handshake::new(PeerType::Client);
        socket.write_all(&handshake.generate_outbound_p0_and_p1()?)?;
        let mut buffer = vec![0; BUFFER];
        let early = loop {
            let n = socket.read(&mut buffer)?;
            match handshake.process_bytes(&buffer[..n])? {
                HandshakeProcessResult::InProgress { response_bytes } => socket.write_all(&response_bytes)?,
                HandshakeProcessResult::Completed { response_bytes, remaining_bytes } => {
                    socket.write_all(&response_bytes)?;
                    break remaining_bytes;
                }
            }
        };
        let mut config = ClientSessionConfig::new();
        config.tc_url = Some(format!("rtmp://{address}/{app}"));
        let (session, first) = ClientSession::new(config)?;
        let mut client =
            Self { socket, session, buffer, stream: stream.into(), received: 0, has_begun: false };
        client.act(first, publishes)?;
        let request = client.session.request_connection(app.into())?;
        client.act(vec![request], publishes)?;
        let results = client.session.handle_input(&early)?;
        client.act(results, publishes)?;
        Ok(client)
    }

    /// Receives once; whether the stream goes on.
    fn hear(&mut self, publishes: bool) -> Result<bool, Failure> {
        let n = self.socket.read(&mut self.buffer)?;
        let results = self.session.handle_input(&self.buffer[..n])?;
        self.act(results, publishes)?;
        Ok(n > 0)
    }

    fn act(&mut self, results: Vec<ClientSessionResult>, publishes: bool) -> Result<(), Failure> {
        for result in results {
            let event = match result {
                ClientSessionResult::OutboundResponse(packet) => {
                    self.socket.write_all(&packet.bytes)?;
                    continue;
                }
                ClientSessionResult::RaisedEvent(event) => event,
                ClientSessionResult::UnhandleableMessageReceived(_) => continue,
            };
            match event {
                ClientSessionEvent::ConnectionRequestAccepted => {
                    let stream = self.stream.clone();
                    let request = if publishes {
                        self.session.request_publishing(stream, PublishRequestType::Live)?
                    } else {
                        self.session.request_playback(stream)?
                    };
                    self.act(vec![request], publishes)?;
                }
                ClientSessionEvent::ConnectionRequestRejected { description } => {
                    return Err(description.into());
                }
                ClientSessionEvent::PublishRequestAccepted => self.has_begun = true,
                ClientSessionEvent::VideoDataReceived { data, .. }
                | ClientSessionEvent::AudioDataReceived { data, .. } => self.received += data.len() as u64,
                _ => {}
            }
        }
        Ok(())
    }
}

fn play(url: &str) -> Result<(), Failure> {
    let mut client = Client::connect(url, false)?;
    while client.hear(false)? {}
    println!("{} bytes", client.received);
    Ok(())
}

fn publish(film: &Bytes, url: &str) -> Result<(), Failure> {
    let mut client = Client::connect(url, true)?;
    while !client.has_begun {
        if !client.hear(true)? {
            return Err("the server closed the connection".into());
        }
    }
    for tag in tags(film) {
        let time = RtmpTimestamp::new(tag.time);
        let result = match tag.kind {
            8 => client.session.publish_audio_data(tag.body, time, false)?,
            9 => client.session.publish_video_data(tag.body, time, false)?,
            _ => continue,
        };
        client.act(vec![result], true)?;
    }
    Ok(())
}

fn main() -> Result<(), Failure> {
    match Job::from_arguments()? {
        Job::Play { url } => play(&url),
        Job::Publish { film, url } => publish(&std::fs::read(film)?.into(), &url),
    }
}
