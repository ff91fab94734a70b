//! The certificates that servers showed, so that somebody can copy them.

use std::io::{self, Write};

use super::text::{Paragraph, clean, style};
use crate::report::{Certificate, Report};

/// Writes the chain of every target, the server's own certificate first, each with its PEM.
///
/// # Errors
///
/// Those of the writer.
pub fn write_certificates(reports: &[Report], out: &mut dyn Write) -> io::Result<()> {
    for report in reports {
        let seen = report.reach.as_ref().and_then(|reach| reach.tls.as_ref());
        let chain = seen.map_or(&[][..], |tls| tls.chain.as_slice());
        let what = match chain.len() {
            0 => "no certificate was seen".to_owned(),
            1 => "the certificate that the server showed".to_owned(),
            number => format!("the {number} certificates that the server showed"),
        };
        Paragraph::default()
            .add(style::STRONG, &format!("{}:", report.target.name))
            .add(style::PLAIN, &what)
            .write(out, "")?;
        for certificate in chain {
            write_one(certificate, out)?;
        }
        writeln!(out)?;
    }
    Ok(())
}

fn write_one(certificate: &Certificate, out: &mut dyn Write) -> io::Result<()> {
    let Certificate {
        subject,
        issuer,
        names,
        not_before,
        not_after,
        pem,
    } = certificate;
    writeln!(out)?;
    let names = names.join(", ");
    let times = format!("from {not_before} until {not_after}");
    for (label, text) in [
        ("subject  ", subject),
        ("issuer   ", issuer),
        ("names    ", &names),
        ("valid    ", &times),
    ] {
        if !text.is_empty() {
            Paragraph::plain(text).write(out, label)?;
        }
    }
    for line in pem.lines() {
        writeln!(out, "{}", clean(line))?;
    }
    Ok(())
}
