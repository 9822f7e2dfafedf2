//! Who is let in, and where tokens are had: JWTs verified by signature, fingerprint and lifetime; the OAuth token endpoint, and
//! the metadata servers of two clouds.

use super::Manner;
use crate::doubles::http::{Request, Response};
use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use jiff::Timestamp;
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use serde_json::{Value as Json, json};
use sha2::{Digest as _, Sha256};

/// An answer of what gives tokens, if that was asked.
pub(super) fn gives(request: &Request, given: &mut Vec<String>) -> Option<Response> {
    let refused = || Some(Response::json(400, &json!({"error": "invalid_grant"})));
    match request.path.as_str() {
        "/oauth/token-request" => {
            let form = request.form();
            let field = |name: &str| form.iter().find(|(k, _)| k == name).map_or("", |(_, v)| v);
            let basic = BASE64_STANDARD.encode("client:s3cret-of-client");
            let refresh =
                field("grant_type") == "refresh_token" && field("refresh_token") == "refresh-me";
            let own = field("grant_type") == "client_credentials"
                && field("scope") == "session:role:SEGC";
            if request.header("authorization") != format!("Basic {basic}") || !(refresh || own) {
                return refused();
            }
            given.push(format!("given-{}", given.len() + 1));
            Some(Response::json(
                200,
                &json!({"access_token": given.last(), "token_type": "Bearer", "expires_in": 600}),
            ))
        }
        "/computeMetadata/v1/instance/service-accounts/default/identity" => {
            let fine = request.header("metadata-flavor") == "Google"
                && request.parameter("audience") == Some("snowflakecomputing.com");
            if fine {
                Some(Response::new(200, "attested\n"))
            } else {
                refused()
            }
        }
        "/msi/token" => {
            let fine = request.header("x-identity-header") == "azure-header"
                && request.parameter("api-version") == Some("2019-08-01")
                && request
                    .parameter("resource")
                    .is_some_and(|r| r.starts_with("api://"));
            if fine {
                Some(Response::json(200, &json!({"access_token": "attested"})))
            } else {
                refused()
            }
        }
        _ => None,
    }
}

/// Whether a request may be done.
pub(super) fn is_let_in(
    request: &Request,
    manner: &Manner,
    given: &[String],
    now: Timestamp,
) -> Result<(), Response> {
    let refused = |code: &str, message: String| {
        Err(Response::json(
            401,
            &json!({"code": code, "message": message}),
        ))
    };
    if request.header("user-agent").is_empty() {
        return Err(Response::json(
            400,
            &json!({"code": "391903", "message": "User-Agent is missing"}),
        ));
    }
    let Some(token) = request.header("authorization").strip_prefix("Bearer ") else {
        return refused(
            "390101",
            "Authorization header not found in the request data.".to_owned(),
        );
    };
    let kind = request.header("x-snowflake-authorization-token-type");
    if kind == "KEYPAIR_JWT" {
        return match signed(token, now) {
            Ok(()) => Ok(()),
            Err(why) => refused("390144", format!("JWT token is invalid. [{why}]")),
        };
    }
    let known = manner.tokens.contains(&(token, kind))
        || (kind == "OAUTH" && given.last().is_some_and(|t| t == token));
    if known {
        Ok(())
    } else {
        refused("390303", "Invalid OAuth access token.".to_owned())
    }
}

/// <https://docs.snowflake.com/en/developer-guide/sql-api/authenticating#using-key-pair-authentication>
fn signed(token: &str, now: Timestamp) -> Result<(), &'static str> {
    let parts: Vec<&str> = token.split('.').collect();
    let [header, claims, signature] = parts.as_slice() else {
        return Err("not three parts");
    };
    let bytes = |part: &str| BASE64_URL_SAFE_NO_PAD.decode(part).map_err(|_| "no base64");
    let pem = include_str!("../../../keys/public.pem");
    let body: String = pem.lines().filter(|l| !l.starts_with("---")).collect();
    let der = BASE64_STANDARD.decode(body).unwrap();
    let fingerprint = format!("SHA256:{}", BASE64_STANDARD.encode(Sha256::digest(&der)));
    // Behind the algorithm, 24 bytes, stands the key itself.
    UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &der[24..])
        .verify(format!("{header}.{claims}").as_bytes(), &bytes(signature)?)
        .map_err(|_| "signature")?;
    let claims: Json = serde_json::from_slice(&bytes(claims)?).map_err(|_| "claims")?;
    let (from, to) = (
        claims["iat"].as_i64().unwrap_or(0),
        claims["exp"].as_i64().unwrap_or(0),
    );
    let subject = claims["sub"].as_str().unwrap_or("");
    if subject != "MYORG-SHOP.SEGC_BUILD" {
        return Err("sub");
    }
    if claims["iss"] != json!(format!("{subject}.{fingerprint}")) {
        return Err("iss");
    }
    if to - from > 3600 {
        return Err("lifetime");
    }
    if from > now.as_second() || to <= now.as_second() {
        return Err("expired");
    }
    Ok(())
}
