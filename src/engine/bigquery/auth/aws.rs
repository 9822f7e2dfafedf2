//! What Amazon says a workload is: a signed call of `GetCallerIdentity`, which Google makes to see who signed it.
//! <https://google.aip.dev/auth/4117#determining-the-subject-token-in-aws>

use super::source::Fields;
use super::{PATIENCE, answer};
use crate::engine::http::{Http, Method, Request, encoded};
use crate::secret::Secret;
use jiff::Timestamp;
use ring::hmac;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;

/// Where a machine of Amazon's is asked who it is.
pub(super) struct Aws {
    /// With `{region}` in it.
    verification_url: String,
    region_url: Option<String>,
    url: Option<String>,
    session_url: Option<String>,
}

struct Key {
    id: String,
    secret: Secret,
    session: Option<Secret>,
}

impl Aws {
    pub(super) fn of(source: &Fields<'_>) -> Result<Self, String> {
        Ok(Self {
            verification_url: source.text("regional_cred_verification_url")?,
            region_url: source.maybe("region_url"),
            url: source.maybe("url"),
            session_url: source.maybe("imdsv2_session_token_url"),
        })
    }

    pub(super) fn subject(&self, audience: &str, http: &Http) -> Result<Secret, String> {
        let session = || self.session(http);
        let region = self.region(http, session)?;
        let key = self.key(http, session)?;
        http.learn(&key.secret);
        let url = self.verification_url.replace("{region}", &region);
        let Some((host, query)) = url
            .strip_prefix("https://")
            .map(|rest| rest.split_once("/?").or_else(|| rest.split_once('?')))
            .map(|parts| parts.unwrap_or_default())
            .filter(|(host, _)| !host.is_empty() && !host.contains('/'))
        else {
            return Err("`regional_cred_verification_url` is none".to_owned());
        };
        let now = http.surroundings().now();
        let mut headers = vec![
            ("host", host.to_owned()),
            ("x-amz-date", written(now, "%Y%m%dT%H%M%SZ")),
            ("x-goog-cloud-target-resource", audience.to_owned()),
        ];
        if let Some(session) = &key.session {
            http.learn(session);
            headers.push(("x-amz-security-token", session.reveal().to_owned()));
        }
        let signature = authorization(&key, "POST", host, query, &region, &headers, now);
        headers.push(("Authorization", signature));
        let headers: Vec<Value> = headers
            .iter()
            .map(|(key, value)| json!({"key": key, "value": value}))
            .collect();
        let call = json!({"url": url, "method": "POST", "headers": headers});
        Ok(Secret::new(encoded(&call.to_string())))
    }

    fn region(
        &self,
        http: &Http,
        session: impl Fn() -> Result<Option<Secret>, String>,
    ) -> Result<String, String> {
        let variable = |name| http.surroundings().variable(name);
        if let Some(region) = variable("AWS_REGION").or_else(|| variable("AWS_DEFAULT_REGION")) {
            return Ok(region);
        }
        let url = self.region_url.as_ref();
        let url = url.ok_or("the region is unknown: set `AWS_REGION`")?;
        let mut zone = self.ask(http, url, session()?.as_ref())?;
        // Of `us-east-2b` the letter is the zone's.
        zone.pop();
        Ok(zone)
    }

    fn key(
        &self,
        http: &Http,
        session: impl Fn() -> Result<Option<Secret>, String>,
    ) -> Result<Key, String> {
        let variable = |name| http.surroundings().variable(name);
        if let (Some(id), Some(secret)) = (
            variable("AWS_ACCESS_KEY_ID"),
            variable("AWS_SECRET_ACCESS_KEY"),
        ) {
            return Ok(Key {
                id,
                secret: Secret::new(secret),
                session: variable("AWS_SESSION_TOKEN").map(Secret::new),
            });
        }
        let url = self.url.as_ref();
        let url = url.ok_or("there is no key of Amazon's: set `AWS_ACCESS_KEY_ID`")?;
        let session = session()?;
        let role = self.ask(http, url, session.as_ref())?;
        let said = self.ask(http, &format!("{url}/{role}"), session.as_ref())?;
        let said: Value = serde_json::from_str(&said).unwrap_or_default();
        let text = |name| said.get(name).and_then(Value::as_str).map(str::to_owned);
        match (text("AccessKeyId"), text("SecretAccessKey")) {
            (Some(id), Some(secret)) => Ok(Key {
                id,
                secret: Secret::new(secret),
                session: text("Token").map(Secret::new),
            }),
            (..) => Err(format!("Amazon's role `{role}` has no key")),
        }
    }

    /// What newer machines want to be asked with.
    fn session(&self, http: &Http) -> Result<Option<Secret>, String> {
        let Some(url) = &self.session_url else {
            return Ok(None);
        };
        let request = Request::new(Method::Put, url, PATIENCE)
            .header("X-aws-ec2-metadata-token-ttl-seconds", "300");
        let said = answer(http, "no session with Amazon's metadata", &request)?;
        let token = Secret::new(String::from_utf8_lossy(&said.body));
        http.learn(&token);
        Ok(Some(token))
    }

    fn ask(&self, http: &Http, url: &str, session: Option<&Secret>) -> Result<String, String> {
        let mut request = Request::new(Method::Get, url, PATIENCE);
        if let Some(session) = session {
            request = request.header("X-aws-ec2-metadata-token", session.reveal());
        }
        let said = answer(http, "no answer from Amazon's metadata", &request)?;
        Ok(String::from_utf8_lossy(&said.body).trim().to_owned())
    }
}

fn written(at: Timestamp, format: &str) -> String {
    at.strftime(format).to_string()
}

/// The header that signs a call. <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>
fn authorization(
    key: &Key,
    method: &str,
    host: &str,
    query: &str,
    region: &str,
    headers: &[(&str, String)],
    now: Timestamp,
) -> String {
    let service = host.split('.').next().unwrap_or(host);
    let mut sorted: Vec<_> = headers.iter().collect();
    sorted.sort();
    let names = sorted.iter().map(|(name, _)| *name).collect::<Vec<_>>();
    let names = names.join(";");
    let mut parts: Vec<&str> = query.split('&').collect();
    parts.sort_unstable();
    let mut said = format!("{method}\n/\n{}\n", parts.join("&"));
    for (name, value) in sorted {
        let _ = writeln!(said, "{name}:{value}");
    }
    let _ = write!(said, "\n{names}\n{}", hex(&Sha256::digest("")));
    let day = written(now, "%Y%m%d");
    let scope = format!("{day}/{region}/{service}/aws4_request");
    let signed = format!(
        "AWS4-HMAC-SHA256\n{}\n{scope}\n{}",
        written(now, "%Y%m%dT%H%M%SZ"),
        hex(&Sha256::digest(said))
    );
    let mut derived = format!("AWS4{}", key.secret.reveal()).into_bytes();
    for part in [&day, region, service, "aws4_request", &signed] {
        let with = hmac::Key::new(hmac::HMAC_SHA256, &derived);
        derived = hmac::sign(&with, part.as_bytes()).as_ref().to_vec();
    }
    format!(
        "AWS4-HMAC-SHA256 Credential={}/{scope}, SignedHeaders={names}, Signature={}",
        key.id,
        hex(&derived)
    )
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of Amazon's own documentation of version 4: `ListUsers`.
    #[test]
    fn a_call_is_signed_as_in_amazons_example() {
        let key = Key {
            id: "AKIDEXAMPLE".to_owned(),
            secret: Secret::new("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
            session: None,
        };
        let headers = [
            (
                "content-type",
                "application/x-www-form-urlencoded; charset=utf-8".to_owned(),
            ),
            ("x-amz-date", "20150830T123600Z".to_owned()),
            ("host", "iam.amazonaws.com".to_owned()),
        ];
        let now = "2015-08-30T12:36:00Z".parse().expect("an instant");
        let query = "Version=2010-05-08&Action=ListUsers";
        let host = "iam.amazonaws.com";
        assert_eq!(
            authorization(&key, "GET", host, query, "us-east-1", &headers, now),
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, \
             SignedHeaders=content-type;host;x-amz-date, \
             Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"
        );
    }
}
