//! What of the program's settings a server may repeat, and nobody shall read in a log.
#![forbid(unsafe_code)]
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use super::{Conversation, Host, TextSetting};
use crate::bytes::{contains, cut};
use crate::{Result, memory};
use std::borrow::Cow;

/// Shorter ones are not looked for: they stand in harmless words, too.
const SHORTEST: usize = 4;
/// Stands in a secret's place, once for each of its bytes, so that encoded values stay what they are.
const COVER: u8 = b'*';

/// Queries of what a server is asked for, and tokens and passwords.
pub(super) struct Secrets(Vec<Vec<u8>>);

impl<H: Host + ?Sized> Conversation<'_, H> {
    pub(super) fn secrets(&self) -> Secrets {
        let text = |which| self.host.text(which);
        let paths = [
            TextSetting::TcUrl,
            TextSetting::App,
            TextSetting::Playpath,
            TextSetting::SubscribePath,
            TextSetting::SwfUrl,
            TextSetting::PageUrl,
        ]
        .map(text);
        let words = [TextSetting::Auth, TextSetting::UsherToken, TextSetting::Token, TextSetting::PubPasswd]
            .map(text);
        let mut secrets: Vec<_> = paths.iter().flat_map(|path| parameters(path)).collect();
        secrets.extend(words);
        secrets.retain(|secret| secret.len() >= SHORTEST);
        // One may be within another.
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        secrets.dedup();
        Secrets(secrets)
    }
}

/// A path's query, and each of its parameters: a server may repeat it in parts.
fn parameters(path: &[u8]) -> Vec<Vec<u8>> {
    let Some((_, query)) = cut(path, b"?") else { return Vec::new() };
    let parts = query.split(|byte| b"&?/".contains(byte)).filter(|part| part.contains(&b'='));
    std::iter::once(query).chain(parts).map(<[u8]>::to_vec).collect()
}

impl Secrets {
    /// The bytes, each secret covered.
    pub(super) fn covered<'a>(&self, bytes: &'a [u8]) -> Result<Cow<'a, [u8]>> {
        if !self.0.iter().any(|secret| contains(bytes, secret)) {
            return Ok(Cow::Borrowed(bytes));
        }
        let mut covered = Vec::new();
        memory::append(&mut covered, bytes, "show what the server said")?;
        for secret in &self.0 {
            let mut rest = covered.as_mut_slice();
            while let Some(at) = rest.windows(secret.len()).position(|window| window == secret) {
                let (here, later) = rest.split_at_mut(at).1.split_at_mut(secret.len());
                here.fill(COVER);
                rest = later;
            }
        }
        Ok(Cow::Owned(covered))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::{Sender, Settings};
    use crate::transport::{Interrupt, Socket, Stream};
    use std::os::unix::net::UnixStream;
    use std::sync::Arc;

    fn covered(texts: &[(TextSetting, &[u8])], said: &[u8]) -> Vec<u8> {
        let (ours, _theirs) = UnixStream::pair().unwrap();
        let stream = Arc::new(Stream::Tcp(Socket::new(ours.into(), Interrupt::default())));
        let sender = Sender::new(stream, None);
        let mut settings = Settings::default();
        for (which, text) in texts {
            settings.set_text(*which, text.to_vec());
        }
        let talk = Conversation { host: &mut settings, sender: &sender };
        talk.secrets().covered(said).unwrap().into_owned()
    }

    #[test]
    fn queries_and_tokens_are_covered_wherever_they_stand() {
        let texts: &[(TextSetting, &[u8])] = &[
            (TextSetting::Playpath, b"show?key=one"),
            (TextSetting::TcUrl, b"rtmp://host/app?key=one&more=two/inst?last=4"),
            (TextSetting::App, b"app?"),
            (TextSetting::UsherToken, b"token"),
            (TextSetting::PubPasswd, b"abc"),
        ];
        let said = b"show?key=one, app?key=one&more=two; inst?last=4 tokentoken abc key=on";
        assert_eq!(
            covered(texts, said),
            b"show?*******, app?*******&********; inst?****** ********** abc key=on"
        );
        assert_eq!(covered(&[], said), said);
    }

    #[test]
    fn a_secret_within_another_leaves_nothing_of_that_and_four_bytes_are_one() {
        let texts: &[(TextSetting, &[u8])] =
            &[(TextSetting::Auth, b"four"), (TextSetting::PubPasswd, b"my four letters")];
        assert_eq!(covered(texts, b"four, my four letters"), b"****, ***************");
    }
}
