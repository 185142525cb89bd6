//! Publisher authentication as media servers ask for it in the refusal of connect: Adobe's and Limelight's. Pure: a
//! refusal and the settings in, what to do about it out.
#![forbid(unsafe_code)]
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use crate::Result;
use crate::bytes::{contains, hex, without_query};
use crate::crypto::{base64, md5};

/// Limelight's realm of live streams.
const LLNW_REALM: &[u8] = b"live";
/// Limelight's count of uses of a nonce: each is used once.
const LLNW_NONCE_COUNT: &str = "00000001";
/// What Limelight appends to an application without an instance.
const LLNW_DEFAULT_INSTANCE: &[u8] = b"/_definst_";

/// A longer refusal is no server's, and what it asks to append would fill the memory.
const LONGEST_DESCRIPTION: usize = 4096;

/// A refusal, and what is known to answer it with.
pub(super) struct Request<'a> {
    /// The `description` of the refusal.
    pub(super) description: &'a [u8],
    /// The application as it was sent, with what earlier rounds appended.
    pub(super) app: &'a [u8],
    /// The publisher's name.
    pub(super) user: &'a [u8],
    /// The publisher's password.
    pub(super) password: &'a [u8],
    /// Fresh randomness for our own challenge.
    pub(super) random: [u8; 4],
}

/// What to do about a refusal.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It does not ask for authentication.
    NotAsked,
    /// It cannot be answered; the text says why and what to do.
    Fail(String),
    /// Append this to `app` and `tcUrl`, and connect again.
    Retry {
        /// The text to append.
        append: Vec<u8>,
    },
}

/// A way of authenticating.
#[derive(Clone, Copy)]
enum Scheme {
    Adobe,
    Limelight,
}

impl Scheme {
    const ALL: [Self; 2] = [Self::Adobe, Self::Limelight];

    fn name(self) -> &'static str {
        match self {
            Self::Adobe => "adobe",
            Self::Limelight => "llnw",
        }
    }

    fn asks(self, description: &[u8]) -> bool {
        contains(description, format!("authmod={}", self.name()).as_bytes())
    }
}

/// Decides how a refusal of connect is met. At most two rounds are asked for: one to name the user, one to answer the
/// server's challenge.
pub(super) fn answer(request: &Request<'_>) -> Verdict {
    let Some(scheme) = Scheme::ALL.into_iter().find(|scheme| scheme.asks(request.description)) else {
        return Verdict::NotAsked;
    };
    if request.description.len() > LONGEST_DESCRIPTION {
        return fail("the server's request for a publisher's name and password is too long to be answered");
    }
    if request.user.is_empty() || request.password.is_empty() {
        return fail("the server wants a publisher's name and password: give pubUser= and pubPasswd=");
    }
    if contains(request.description, b"code=403 need auth") {
        return name_user(scheme, request);
    }
    match parameter(request.description, b"reason") {
        Some(b"needauth") => answer_challenge(scheme, request),
        Some(b"authfailed") => fail("the server rejected the publisher's password: check pubPasswd="),
        Some(b"nosuchuser") => fail("the server does not know the publisher's name: check pubUser="),
        _ => fail("the server refused the publisher without saying why; check pubUser= and pubPasswd="),
    }
}

fn fail(reason: &str) -> Verdict {
    Verdict::Fail(reason.to_owned())
}

/// The first round: the server learns who publishes.
fn name_user(scheme: Scheme, request: &Request<'_>) -> Verdict {
    if contains(request.app, b"authmod=") {
        return fail("the server asks for the publisher's name again after it was given; giving up");
    }
    let append = [b"?authmod=", scheme.name().as_bytes(), b"&user=", request.user].concat();
    Verdict::Retry { append }
}

/// The second round: the server's challenge is answered.
fn answer_challenge(scheme: Scheme, request: &Request<'_>) -> Verdict {
    if contains(request.app, b"&response=") {
        return fail("the server asks again after its challenge was answered: check pubUser= and pubPasswd=");
    }
    let appended = match scheme {
        Scheme::Adobe => adobe(request),
        Scheme::Limelight => limelight(request),
    };
    match appended {
        Ok(Some(append)) => Verdict::Retry { append },
        Ok(None) => fail("the server's challenge lacks a parameter; it cannot be answered"),
        Err(error) => {
            crate::error!("{error}");
            fail("the server's challenge cannot be answered on this system")
        }
    }
}

/// Adobe's answer; `None` when the server left out what it is computed from.
fn adobe(request: &Request<'_>) -> Result<Option<Vec<u8>>> {
    let parameter = |name| parameter(request.description, name);
    let (Some(salt), opaque) = (parameter(b"salt"), parameter(b"opaque")) else { return Ok(None) };
    let Some(seed) = opaque.or_else(|| parameter(b"challenge")) else { return Ok(None) };
    let secret = base64(&md5(&[request.user, salt, request.password])?);
    let challenge = base64(&request.random);
    let response = base64(&md5(&[secret.as_bytes(), seed, challenge.as_bytes()])?);
    let mut append = format!("&challenge={challenge}&response={response}").into_bytes();
    if let Some(opaque) = opaque {
        append.extend_from_slice(b"&opaque=");
        append.extend_from_slice(opaque);
    }
    Ok(Some(append))
}

/// Limelight's answer, a digest as in HTTP (RFC 2617); `None` when the server left out what it is computed from.
fn limelight(request: &Request<'_>) -> Result<Option<Vec<u8>>> {
    let Some(nonce) = parameter(request.description, b"nonce") else { return Ok(None) };
    let cnonce = hex(&request.random);
    let secret = hex(&md5(&[request.user, b":", LLNW_REALM, b":", request.password])?);
    let app = without_query(request.app);
    let instance = if app.contains(&b'/') { &b""[..] } else { LLNW_DEFAULT_INSTANCE };
    let what = hex(&md5(&[b"publish:/", app, instance])?);
    let count = LLNW_NONCE_COUNT.as_bytes();
    let parts = [secret.as_bytes(), nonce, count, cnonce.as_bytes(), b"auth", what.as_bytes()];
    let response = hex(&md5(&[&parts.join(&b':')])?);
    let mut append = b"&nonce=".to_vec();
    append.extend_from_slice(nonce);
    append
        .extend_from_slice(format!("&cnonce={cnonce}&nc={LLNW_NONCE_COUNT}&response={response}").as_bytes());
    Ok(Some(append))
}

/// The value of a parameter in the query that ends a description.
fn parameter<'a>(description: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let query = description.split(|byte| *byte == b'?').nth(1)?;
    query.split(|byte| *byte == b'&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix(b"="))
}

#[cfg(test)]
mod tests {
    use super::*;

    const RANDOM: [u8; 4] = [1, 2, 3, 4];

    fn request<'a>(description: &'a str, app: &'a str) -> Request<'a> {
        Request {
            description: description.as_bytes(),
            app: app.as_bytes(),
            user: b"alice",
            password: b"s3cret",
            random: RANDOM,
        }
    }

    fn appended(description: &str, app: &str) -> String {
        match answer(&request(description, app)) {
            Verdict::Retry { append } => String::from_utf8(append).unwrap(),
            other => panic!("{other:?}"),
        }
    }

    fn failure(description: &str, app: &str) -> String {
        match answer(&request(description, app)) {
            Verdict::Fail(reason) => reason,
            other => panic!("{other:?}"),
        }
    }

    const ADOBE_FIRST: &str = "[ AccessManager.Reject ] : [ code=403 need auth; authmod=adobe ] : ";
    const ADOBE_SECOND: &str = "[ AccessManager.Reject ] : [ authmod=adobe ] : \
                                ?reason=needauth&user=alice&salt=SALT&challenge=CHAL&opaque=OPAQ";
    const LLNW_SECOND: &str =
        "[ AccessManager.Reject ] : [ authmod=llnw ] : ?reason=needauth&user=alice&nonce=N0NCE";

    #[test]
    fn other_refusals_are_not_about_authentication() {
        assert_eq!(answer(&request("[ Server.Reject ] : no such app", "live")), Verdict::NotAsked);
    }

    #[test]
    fn a_name_without_a_password_is_not_sent() {
        for (user, password) in [(&b""[..], &b"s3cret"[..]), (b"alice", b"")] {
            let request = Request { user, password, ..request(ADOBE_FIRST, "live") };
            assert!(matches!(answer(&request), Verdict::Fail(reason) if reason.contains("pubPasswd=")));
        }
    }

    #[test]
    fn the_first_round_names_the_user() {
        assert_eq!(appended(ADOBE_FIRST, "live"), "?authmod=adobe&user=alice");
        assert_eq!(appended(&ADOBE_FIRST.replace("adobe", "llnw"), "live"), "?authmod=llnw&user=alice");
    }

    #[test]
    fn each_round_is_taken_once() {
        assert!(failure(ADOBE_FIRST, "live?authmod=adobe&user=alice").contains("again"));
        assert!(
            failure(ADOBE_SECOND, "live?authmod=adobe&user=alice&challenge=a&response=b").contains("again")
        );
    }

    // Expected values: python3, hashlib.md5 and base64.b64encode, by the formulas of `adobe` and `limelight`.
    #[test]
    fn adobe_answers() {
        let app = "live?authmod=adobe&user=alice";
        assert_eq!(
            appended(ADOBE_SECOND, app),
            "&challenge=AQIDBA==&response=PnTwnsIdLoCVELaZK4c/gQ==&opaque=OPAQ"
        );
        let without_opaque = ADOBE_SECOND.replace("&opaque=OPAQ", "");
        assert_eq!(appended(&without_opaque, app), "&challenge=AQIDBA==&response=I0KxnrdJS5ceLahoRKydwg==");
    }

    #[test]
    fn limelight_answers() {
        let expected = |response| format!("&nonce=N0NCE&cnonce=01020304&nc=00000001&response={response}");
        assert_eq!(
            appended(LLNW_SECOND, "live?authmod=llnw&user=alice"),
            expected("13d39f12431c2f1985ab78cc9162417c")
        );
        assert_eq!(
            appended(LLNW_SECOND, "live/x?authmod=llnw&user=alice"),
            expected("06e2ca19e911d8f45d506dec8ae49cf4")
        );
    }

    #[test]
    fn missing_parameters_are_named_as_such() {
        let app = "live?authmod=adobe&user=alice";
        for missing in ["&salt=SALT", "&challenge=CHAL&opaque=OPAQ"] {
            assert!(failure(&ADOBE_SECOND.replace(missing, ""), app).contains("lacks a parameter"));
        }
        assert!(failure(&LLNW_SECOND.replace("&nonce=N0NCE", ""), "live").contains("lacks a parameter"));
    }

    #[test]
    fn endless_challenges_are_not_answered() {
        let endless = ADOBE_SECOND.replace("OPAQ", &"O".repeat(LONGEST_DESCRIPTION));
        assert!(failure(&endless, "live?authmod=adobe&user=alice").contains("too long to be answered"));
    }

    #[test]
    fn refusals_say_what_to_check_and_never_the_password() {
        for (reason, word) in
            [("authfailed", "pubPasswd="), ("nosuchuser", "pubUser="), ("other", "pubUser=")]
        {
            let text = failure(&format!("[ authmod=adobe ] : ?reason={reason}&opaque=x"), "live");
            assert!(text.contains(word) && !text.contains("s3cret"));
        }
        let nobody = Request { user: b"", ..request(ADOBE_FIRST, "live") };
        assert!(matches!(answer(&nobody), Verdict::Fail(text) if text.contains("pubUser=")));
    }
}
