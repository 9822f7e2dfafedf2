//! Signed statements of who somebody is: JSON web tokens with RS256. <https://www.rfc-editor.org/rfc/rfc7519>

use crate::secret::Secret;
use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use serde_json::Value;

/// A private RSA key as PEM (PKCS#8, not encrypted), whose line breaks may have become `\n` or blanks on the way.
///
/// # Errors
/// What is wrong with it, in words without anything of it.
pub(super) fn key(pem: &Secret) -> Result<RsaKeyPair, String> {
    let text = pem.reveal().replace("\\n", "\n");
    let body: String = text
        .split("-----")
        .filter(|part| !part.starts_with("BEGIN ") && !part.starts_with("END "))
        .flat_map(str::split_whitespace)
        .collect();
    let der = BASE64_STANDARD
        .decode(body)
        .map_err(|_| "the private key is not PEM".to_owned())?;
    RsaKeyPair::from_pkcs8(&der)
        .map_err(|e| format!("this is no private RSA key of 2048 bits or more: {e}"))
}

/// A token with these claims.
///
/// # Errors
/// The key cannot sign.
pub(super) fn signed(pair: &RsaKeyPair, header: &Value, claims: &Value) -> Result<Secret, String> {
    let encode = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    let said = format!("{}.{}", encode(header), encode(claims));
    let mut signature = vec![0; pair.public().modulus_len()];
    pair.sign(
        &RSA_PKCS1_SHA256,
        &SystemRandom::new(),
        said.as_bytes(),
        &mut signature,
    )
    .map_err(|_| "the private key cannot sign".to_owned())?;
    let signature = BASE64_URL_SAFE_NO_PAD.encode(signature);
    Ok(Secret::new(format!("{said}.{signature}")))
}
