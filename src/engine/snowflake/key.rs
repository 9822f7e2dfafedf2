//! Private keys of users, and what they sign: the fingerprint and the JWT of Snowflake's key-pair authentication.
//! <https://docs.snowflake.com/en/developer-guide/sql-api/authenticating#using-key-pair-authentication>

use super::super::jwt;
use crate::secret::Secret;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use jiff::Timestamp;
use pkcs8::EncryptedPrivateKeyInfoRef;
use pkcs8::der::asn1::{AnyRef, BitStringRef, ObjectIdentifier};
use pkcs8::der::{Decode as _, Encode as _};
use pkcs8::spki::{AlgorithmIdentifierRef, SubjectPublicKeyInfo};
use ring::signature::RsaKeyPair;
use sha2::{Digest as _, Sha256};

/// How long a signature is good for, in seconds: the server takes no more than an hour.
pub(super) const LIFETIME: i64 = 55 * 60;

/// `rsaEncryption`: <https://www.rfc-editor.org/rfc/rfc8017#appendix-A.1>
const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");

/// A user's RSA key.
pub(super) struct Key {
    pair: RsaKeyPair,
    /// `SHA256:…`, as `DESCRIBE USER` shows it in `RSA_PUBLIC_KEY_FP`.
    pub(super) fingerprint: String,
}

impl Key {
    /// A key as PEM (PKCS#8, encrypted or not, or PKCS#1), DER, or DER in base64. Line breaks may have become blanks or `\n`
    /// on the way through an environment variable.
    ///
    /// # Errors
    /// What is wrong with it, in words without anything of it.
    pub(super) fn read(bytes: &[u8], passphrase: Option<&Secret>) -> Result<Self, String> {
        let (label, der) = match std::str::from_utf8(bytes) {
            Ok(text) => decoded(text)?,
            Err(_) => ("", bytes.to_owned()),
        };
        let encrypted = EncryptedPrivateKeyInfoRef::from_der(&der);
        let pair = match (encrypted, passphrase) {
            (Ok(_), None) => {
                return Err(
                    "the private key is encrypted, and there is no `private_key_passphrase`"
                        .to_owned(),
                );
            }
            (Ok(info), Some(passphrase)) => {
                let plain = info.decrypt(passphrase.reveal()).map_err(|_| {
                    "the private key cannot be decrypted: is the passphrase the right one?"
                        .to_owned()
                })?;
                RsaKeyPair::from_pkcs8(plain.as_bytes())
            }
            (Err(_), _) if label == "ENCRYPTED PRIVATE KEY" => {
                return Err(
                    "the private key is encrypted in a way that is not read here; AES is: `openssl pkcs8 -topk8 -v2 aes-256-cbc \
                     -in old.p8 -out new.p8` writes it anew"
                        .to_owned(),
                );
            }
            (Err(_), _) if label == "RSA PRIVATE KEY" => RsaKeyPair::from_der(&der),
            (Err(_), _) => RsaKeyPair::from_pkcs8(&der),
        };
        let pair =
            pair.map_err(|e| format!("this is no private RSA key of 2048 bits or more: {e}"))?;
        let fingerprint = fingerprint(pair.public().as_ref())
            .ok_or("the public half of the key cannot be written")?;
        Ok(Self { pair, fingerprint })
    }

    /// A JWT that says who `user` of `account` is.
    ///
    /// # Errors
    /// The key cannot sign.
    pub(super) fn token(
        &self,
        account: &str,
        user: &str,
        now: Timestamp,
    ) -> Result<Secret, String> {
        let subject = format!("{}.{}", account_of_token(account), user.to_uppercase());
        let at = now.as_second();
        let claims = serde_json::json!({
            "iss": format!("{subject}.{}", self.fingerprint),
            "sub": subject,
            "iat": at,
            "exp": at + LIFETIME,
        });
        let header = serde_json::json!({"alg": "RS256", "typ": "JWT"});
        jwt::signed(&self.pair, &header, &claims)
    }
}

/// The PEM label, if there is one, and the bytes.
fn decoded(text: &str) -> Result<(&str, Vec<u8>), String> {
    let (label, body) = match text.split_once("-----BEGIN ") {
        None => ("", text),
        Some((_, rest)) => {
            let (label, rest) = rest.split_once("-----").unwrap_or((rest, ""));
            (
                label,
                rest.split_once("-----END").map_or(rest, |(body, _)| body),
            )
        }
    };
    if body.contains("Proc-Type:") {
        return Err(
            "the private key is encrypted in the old way of `openssl rsa`; `openssl pkcs8 -topk8 -v2 aes-256-cbc -in old.pem -out \
             new.p8` writes it anew"
                .to_owned(),
        );
    }
    let body: String = body.replace("\\n", "").split_whitespace().collect();
    match BASE64_STANDARD.decode(body) {
        Ok(der) => Ok((label, der)),
        Err(_) => Err("the private key is neither PEM nor base64".to_owned()),
    }
}

/// Of the public key as `SubjectPublicKeyInfo`.
fn fingerprint(public: &[u8]) -> Option<String> {
    let info = SubjectPublicKeyInfo {
        algorithm: AlgorithmIdentifierRef {
            oid: RSA,
            parameters: Some(AnyRef::NULL),
        },
        subject_public_key: BitStringRef::from_bytes(public).ok()?,
    };
    let hash = Sha256::digest(info.to_der().ok()?);
    Some(format!("SHA256:{}", BASE64_STANDARD.encode(hash)))
}

/// The account as tokens name it: upper case, without region, cloud and private link.
fn account_of_token(account: &str) -> String {
    let end = if account.contains(".global") {
        '-'
    } else {
        '.'
    };
    account.split(end).next().unwrap_or(account).to_uppercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::prelude::BASE64_URL_SAFE_NO_PAD;
    use ring::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};

    const PLAIN: &str = include_str!("../../../tests/keys/plain.p8");
    /// What openssl says of the key.
    const FINGERPRINT: &str = "SHA256:IS5x+uvGTFaY4Nm82D99RlJd1/5L87NU93G0VzLjkP0=";

    fn refused(text: &str, passphrase: Option<&str>) -> String {
        let passphrase = passphrase.map(Secret::new);
        Key::read(text.as_bytes(), passphrase.as_ref())
            .err()
            .expect("refused")
    }

    #[test]
    fn one_key_in_all_its_forms() {
        let one_line = PLAIN.replace('\n', " ");
        let escaped = PLAIN.replace('\n', "\\n");
        let body: String = PLAIN.lines().filter(|l| !l.starts_with("---")).collect();
        let der = BASE64_STANDARD.decode(&body).expect("base64");
        for bytes in [
            PLAIN.as_bytes(),
            one_line.as_bytes(),
            escaped.as_bytes(),
            body.as_bytes(),
            &der,
            include_bytes!("../../../tests/keys/pkcs1.pem"),
        ] {
            let key = Key::read(bytes, None).expect("a key");
            assert_eq!(key.fingerprint, FINGERPRINT);
        }
        let aes = include_bytes!("../../../tests/keys/aes.p8");
        let key = Key::read(aes, Some(&Secret::new("throw-away"))).expect("a key");
        assert_eq!(key.fingerprint, FINGERPRINT);
    }

    #[test]
    fn what_is_no_key_is_said_without_it() {
        let aes = include_str!("../../../tests/keys/aes.p8");
        let des3 = include_str!("../../../tests/keys/des3.p8");
        assert!(refused(aes, None).contains("no `private_key_passphrase`"));
        assert!(refused(aes, Some("wrong")).contains("cannot be decrypted"));
        assert!(refused(des3, Some("throw-away")).contains("-v2 aes-256-cbc"));
        assert!(
            refused(
                "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED",
                None
            )
            .contains("openssl pkcs8")
        );
        assert!(refused("hunter2!", None).contains("neither PEM nor base64"));
        let public = refused(include_str!("../../../tests/keys/public.pem"), None);
        assert!(public.contains("no private RSA key"), "{public}");
    }

    #[test]
    fn tokens_say_who_and_until_when_and_are_signed() {
        let key = Key::read(PLAIN.as_bytes(), None).expect("a key");
        let now: Timestamp = "2026-11-22T12:00:00Z".parse().expect("an instant");
        let token = key
            .token("ab12345.eu-west-1", "anna", now)
            .expect("a token");
        let parts: Vec<&str> = token.reveal().split('.').collect();
        let [header, claims, signature] = parts.as_slice() else {
            panic!("three parts")
        };
        let read = |part: &str| -> serde_json::Value {
            let bytes = BASE64_URL_SAFE_NO_PAD.decode(part).expect("base64");
            serde_json::from_slice(&bytes).expect("JSON")
        };
        assert_eq!(
            read(header),
            serde_json::json!({"alg": "RS256", "typ": "JWT"})
        );
        assert_eq!(
            read(claims),
            serde_json::json!({"iss": format!("AB12345.ANNA.{FINGERPRINT}"), "sub": "AB12345.ANNA",
                "iat": now.as_second(), "exp": now.as_second() + 3300})
        );
        let signature = BASE64_URL_SAFE_NO_PAD.decode(signature).expect("base64");
        UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key.pair.public().as_ref())
            .verify(format!("{header}.{claims}").as_bytes(), &signature)
            .expect("the signature is good");
    }

    #[test]
    fn accounts_are_named_without_region_and_link() {
        for (account, named) in [
            ("myorg-account1", "MYORG-ACCOUNT1"),
            ("xy12345.us-east-2.aws", "XY12345"),
            ("myorg-acc.privatelink", "MYORG-ACC"),
            ("acc-external.global", "ACC"),
        ] {
            assert_eq!(account_of_token(account), named);
        }
    }
}
