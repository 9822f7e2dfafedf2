//! A double of what gives Google's tokens: the endpoints of OAuth, of token exchange and of impersonation, and the metadata
//! servers of Google and Amazon. Every flow is verified as the real ones do: signatures, audiences, headers, lifetimes.

use super::Still;
use super::http::{Request, Response};
use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use jiff::{SignedDuration, Timestamp};
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use segc::engine::surroundings::Surroundings as _;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// How long its tokens last, in seconds.
pub(crate) const LIFETIME: i64 = 3599;

pub(crate) struct Google {
    still: Arc<Still>,
    /// Who has a token, and until when.
    tokens: BTreeMap<String, (String, Timestamp)>,
    /// For whom a token was given, in order.
    pub(crate) given: Vec<String>,
}

impl Google {
    pub(crate) fn new(still: &Arc<Still>) -> Self {
        Self {
            still: Arc::clone(still),
            tokens: BTreeMap::new(),
            given: Vec::new(),
        }
    }

    /// A token for somebody.
    pub(crate) fn give(&mut self, who: &str) -> String {
        let token = format!("ya29.token-{}", self.given.len() + 1);
        let until = self.still.now() + SignedDuration::from_secs(LIFETIME);
        self.tokens.insert(token.clone(), (who.to_owned(), until));
        self.given.push(who.to_owned());
        token
    }

    /// Whose token a request has, if it is good still.
    pub(crate) fn who(&self, request: &Request) -> Option<String> {
        let token = request.header("authorization").strip_prefix("Bearer ")?;
        if let Some((who, until)) = self.tokens.get(token) {
            return (self.still.now() < *until).then(|| who.clone());
        }
        let claims = self.verified(token)?;
        Some(format!("self-signed {}", claims["iss"].as_str()?))
    }

    /// The claims of a statement that is signed with the key of the tests and good now.
    fn verified(&self, token: &str) -> Option<Json> {
        let (said, signature) = token.rsplit_once('.')?;
        let (header, claims) = said.split_once('.')?;
        let decode = |part: &str| BASE64_URL_SAFE_NO_PAD.decode(part).ok();
        let pem: String = include_str!("../../keys/public.pem")
            .lines()
            .filter(|line| !line.starts_with("---"))
            .collect();
        let der = BASE64_STANDARD.decode(pem).unwrap();
        // Of a `SubjectPublicKeyInfo` of 2048 bits, what is before the key has 24 bytes.
        UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &der[24..])
            .verify(said.as_bytes(), &decode(signature)?)
            .ok()?;
        let header: Json = serde_json::from_slice(&decode(header)?).ok()?;
        assert_eq!(header["alg"], "RS256");
        let claims: Json = serde_json::from_slice(&decode(claims)?).ok()?;
        let (from, to) = (claims["iat"].as_i64()?, claims["exp"].as_i64()?);
        let now = self.still.now().as_second();
        (from <= now && now < to && to - from <= 3600).then_some(claims)
    }

    fn granted(&mut self, who: &str) -> Response {
        let token = self.give(who);
        Response::json(
            200,
            &json!({"access_token": token, "expires_in": LIFETIME, "token_type": "Bearer"}),
        )
    }

    /// The answer, if the request is for one of these servers.
    pub(crate) fn answer(&mut self, request: &Request) -> Option<Response> {
        let denied = |why: &str| {
            Some(Response::json(
                400,
                &json!({"error": "invalid_grant", "error_description": why}),
            ))
        };
        let form: BTreeMap<String, String> = request.form().into_iter().collect();
        let field = |name: &str| form.get(name).map_or("", String::as_str);
        let scope = field("scope").to_owned();
        match (request.method.as_str(), request.path.as_str()) {
            ("POST", "/token") => match field("grant_type") {
                "urn:ietf:params:oauth:grant-type:jwt-bearer" => {
                    let Some(claims) = self.verified(field("assertion")) else {
                        return denied("Invalid JWT Signature.");
                    };
                    if !claims["aud"].as_str().unwrap_or("").ends_with("/token") {
                        return denied("Invalid audience.");
                    }
                    let who = format!("{} for {}", claims["iss"], claims["scope"]);
                    Some(self.granted(&who.replace('"', "")))
                }
                "refresh_token" => {
                    let client = (field("client_id"), field("client_secret"));
                    let basic = format!("Basic {}", BASE64_STANDARD.encode("id:client-hunter2"));
                    let known = client == ("id", "client-hunter2")
                        || request.header("authorization") == basic;
                    if !known || field("refresh_token") != "refresh-hunter2" {
                        return denied("Token has been expired or revoked.");
                    }
                    Some(self.granted("user"))
                }
                _ => denied("unsupported"),
            },
            ("POST", "/sts") => {
                let is_exchange =
                    field("grant_type") == "urn:ietf:params:oauth:grant-type:token-exchange";
                let wanted = field("requested_token_type");
                if !is_exchange || wanted != "urn:ietf:params:oauth:token-type:access_token" {
                    return denied("unsupported");
                }
                let subject = field("subject_token");
                let who = match field("subject_token_type") {
                    "urn:ietf:params:aws:token-type:aws4_request" => {
                        let call = Self::amazon(subject, field("audience"));
                        call.unwrap_or_else(|wrong| panic!("{wrong}: {subject}"))
                    }
                    _ if subject == "subject-hunter2" => "workload".to_owned(),
                    _ => return denied("The subject token is not known."),
                };
                let options = field("options").to_owned();
                Some(self.granted(&format!("{who} for {scope}{options}")))
            }
            ("POST", path) if path.ends_with(":generateAccessToken") => {
                let Some(who) = self.who(request) else {
                    return Some(Response::json(
                        401,
                        &json!({"error": {"message": "who are you?"}}),
                    ));
                };
                let asked = request.json();
                let account = path.rsplit('/').next().unwrap_or("");
                let account = account.trim_end_matches(":generateAccessToken");
                if account == "nobody@x" {
                    let words = "Permission 'iam.serviceAccounts.getAccessToken' denied";
                    return Some(Response::json(403, &json!({"error": {"message": words}})));
                }
                let token = self.give(&format!(
                    "{account} by {who} through {} for {} s of {}",
                    asked["delegates"], asked["lifetime"], asked["scope"]
                ));
                let until = self.still.now() + SignedDuration::from_secs(LIFETIME);
                Some(Response::json(
                    200,
                    &json!({"accessToken": token, "expireTime": until.to_string()}),
                ))
            }
            ("GET", "/computeMetadata/v1/instance/service-accounts/default/token") => {
                if request.header("metadata-flavor") != "Google" {
                    return Some(Response::new(403, ""));
                }
                let scopes = request.parameter("scopes").unwrap_or("").to_owned();
                Some(self.granted(&format!("machine for {scopes}")))
            }
            ("GET", "/subject") => {
                assert_eq!(request.header("x-who"), "workload");
                Some(Response::json(200, &json!({"value": "subject-hunter2"})))
            }
            ("PUT", "/imds/token") => {
                assert_eq!(
                    request.header("x-aws-ec2-metadata-token-ttl-seconds"),
                    "300"
                );
                Some(Response::new(200, "imds-hunter2"))
            }
            ("GET", path) if path.starts_with("/imds/") => {
                assert_eq!(request.header("x-aws-ec2-metadata-token"), "imds-hunter2");
                Some(match path {
                    "/imds/region" => Response::new(200, "eu-west-1b"),
                    "/imds/role" => Response::new(200, "shop"),
                    "/imds/role/shop" => Response::json(
                        200,
                        &json!({"AccessKeyId": "AKID", "SecretAccessKey": "aws-hunter2", "Token": "session-hunter2"}),
                    ),
                    _ => Response::new(404, ""),
                })
            }
            _ => None,
        }
    }

    /// Whom a signed call of Amazon's names.
    fn amazon(subject: &str, audience: &str) -> Result<String, &'static str> {
        let bytes = subject.replace('+', "%2B");
        let text = super::http::decoded(&bytes);
        let call: Json = serde_json::from_str(&text).map_err(|_| "no JSON")?;
        let header = |name: &str| {
            let all = call["headers"].as_array()?;
            let found = all.iter().find(|h| h["key"] == name)?;
            found["value"].as_str()
        };
        let signed = header("Authorization").ok_or("not signed")?;
        if call["method"] != "POST" || header("x-goog-cloud-target-resource") != Some(audience) {
            return Err("another call");
        }
        if header("x-amz-security-token") != Some("session-hunter2") {
            return Err("no session");
        }
        let names =
            "SignedHeaders=host;x-amz-date;x-amz-security-token;x-goog-cloud-target-resource,";
        if !signed.contains(names) {
            return Err("headers are not signed");
        }
        let scope = signed.split("Credential=").nth(1).unwrap_or("");
        let scope = scope.split(',').next().unwrap_or("");
        let host = header("host").unwrap_or("");
        Ok(format!("{scope} at {host}"))
    }
}
