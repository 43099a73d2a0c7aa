//! `ports` entries → published ports, as docker's own parser reads them.

use std::net::IpAddr;
use std::ops::Range;

use crate::facts::compose::LongPort;
use crate::model::Published;
use crate::source::{Span, Spanned};
use crate::symbol::is_symbol;
use crate::text::Text;

/// Ranges longer than this are one entry: nobody writes them for Redis.
const MAX_RANGE: u16 = 1024;

/// Reads `[[IP:]HOST:]CONTAINER[/PROTOCOL]`; a range gives one entry a port.
///
/// # Errors
/// Docker's own text, and the place that it is about.
pub fn parse_short(text: &Text, span: Span) -> Result<Vec<Published>, Spanned<String>> {
    let value = text.as_str();
    let refuse = |part: Range<usize>, message: String| Err(Spanned::new(message, text.span_of(part)));
    let container_at = value.rfind(':').map_or(0, |colon| colon + 1);
    let before = value[..container_at].strip_suffix(':').unwrap_or_default();
    let host_at = before.rfind(':').map_or(0, |colon| colon + 1);
    let ip = before[..host_at].strip_suffix(':').unwrap_or_default();

    let (container, protocol) = value[container_at..].split_once('/').unwrap_or((&value[container_at..], ""));
    let container_end = container_at + container.len();
    let protocol_at = value.len() - protocol.len();
    let protocol = if protocol.is_empty() { "tcp".to_owned() } else { protocol.to_ascii_lowercase() };
    if !matches!(protocol.as_str(), "tcp" | "udp" | "sctp") && !protocol.contains(is_symbol) {
        return refuse(protocol_at..value.len(), format!("invalid proto: {protocol}"));
    }
    let bare = ip.strip_prefix('[').and_then(|ip| ip.strip_suffix(']')).unwrap_or(ip);
    if !bare.is_empty() && !bare.contains(is_symbol) && bare.parse::<IpAddr>().is_err() {
        return refuse(0..ip.len(), format!("invalid IP address: {bare}"));
    }
    let ip_at = usize::from(bare.len() != ip.len());
    let host_ip = (!bare.is_empty()).then(|| text.slice(ip_at..ip_at + bare.len()));
    let host = text.slice(host_at..before.len());

    if container.is_empty() {
        return refuse(0..value.len(), format!("no port specified: {value}<empty>"));
    }
    let published = |host_port: Option<Text>, container_port: Option<u16>| Published {
        span,
        host_ip: host_ip.clone(),
        host_port: host_port.filter(|port| !port.is_empty()),
        container_port,
        protocol: protocol.clone(),
        mode: Some("ingress".to_owned()),
        trace: Vec::new(),
    };
    if container.contains(is_symbol) || host.as_str().contains(is_symbol) {
        return Ok(vec![published(Some(host), container.parse().ok())]);
    }
    let Some((first, last)) = range(container) else {
        return refuse(container_at..container_end, format!("invalid containerPort: {container}"));
    };
    let count = last - first;
    let hosts = match host.as_str() {
        "" => None,
        host => match range(host) {
            Some(range) => Some(range),
            None => return refuse(host_at..before.len(), format!("invalid hostPort: {host}")),
        },
    };
    let Some((host_first, host_last)) = hosts else {
        return Ok((first..=last).take(MAX_RANGE.into()).map(|port| published(None, Some(port))).collect());
    };
    if count == 0 {
        return Ok(vec![published(Some(number(&host, host_first, host_last)), Some(first))]);
    }
    if host_last - host_first != count {
        let message =
            format!("invalid ranges specified for container and host Ports: {container} and {}", host.as_str());
        return refuse(host_at..container_end, message);
    }
    let pair = |offset: u16| {
        let port = host_first + offset;
        published(Some(number(&host, port, port)), Some(first + offset))
    };
    Ok((0..=count.min(MAX_RANGE)).map(pair).collect())
}

/// Reads a long entry. The texts are interpolated.
///
/// # Errors
/// What is wrong with it, and where.
pub fn parse_long(port: LongPort) -> Result<Published, Spanned<String>> {
    let Some(target) = &port.target else { return Err(Spanned::new("a port needs a target".to_owned(), port.span)) };
    let container_port = target.as_str().parse().ok();
    if container_port.is_none() && !target.as_str().contains(is_symbol) {
        return Err(Spanned::new("invalid target port".to_owned(), target.span()));
    }
    let word = |text: &Option<Text>, default: &str| text.as_ref().map_or(default, Text::as_str).to_owned();
    Ok(Published {
        span: port.span,
        host_ip: port.host_ip.filter(|ip| !ip.is_empty()),
        host_port: port.published.filter(|port| !port.is_empty()),
        container_port,
        protocol: word(&port.protocol, "tcp"),
        mode: Some(word(&port.mode, "ingress")),
        trace: Vec::new(),
    })
}

/// Ports of `expose`: a number or a range, with or without protocol.
#[must_use]
pub fn parse_expose(text: &Text) -> Vec<u16> {
    let value = text.as_str();
    let ports = value.split_once('/').map_or(value, |(ports, _)| ports);
    range(ports).map_or_else(Vec::new, |(first, last)| (first..=last).take(MAX_RANGE.into()).collect())
}

/// Whether a later entry replaces an earlier one: compose keeps one entry an address, host port, target and protocol.
#[must_use]
pub fn same(left: &Published, right: &Published) -> bool {
    let ip = |port: &Published| port.host_ip.as_ref().map_or("0.0.0.0".to_owned(), |ip| ip.as_str().to_owned());
    ip(left) == ip(right)
        && left.host_port == right.host_port
        && left.container_port == right.container_port
        && left.protocol == right.protocol
}

fn range(ports: &str) -> Option<(u16, u16)> {
    let (first, last) = ports.split_once('-').unwrap_or((ports, ports));
    let port = |text: &str| text.parse::<u16>().ok().filter(|_| !text.starts_with('+'));
    let (first, last) = (port(first)?, port(last)?);
    (first <= last).then_some((first, last))
}

/// The port or range as docker prints it, pointing at what was written.
fn number(written: &Text, first: u16, last: u16) -> Text {
    let value = if first == last { first.to_string() } else { format!("{first}-{last}") };
    if written.as_str() == value { written.clone() } else { Text::mapped(&value, written.span()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;

    fn read(value: &str) -> Result<Vec<String>, Spanned<String>> {
        let span = Span::new(FileId(0), 0..value.len());
        let show = |port: &Published| {
            let text = |text: &Option<Text>| text.as_ref().map_or("-".to_owned(), |text| text.as_str().to_owned());
            let target = port.container_port.unwrap_or_default();
            format!("{} {} {target}/{}", text(&port.host_ip), text(&port.host_port), port.protocol)
        };
        Ok(parse_short(&Text::exact(value, span), span)?.iter().map(show).collect())
    }

    #[test]
    fn short_forms() {
        for (value, expected) in [
            ("6379", "- - 6379/tcp"),
            ("6380:6379", "- 6380 6379/tcp"),
            (":6379:6379", "- 6379 6379/tcp"),
            (":6379", "- - 6379/tcp"),
            ("127.0.0.1:6379:6379", "127.0.0.1 6379 6379/tcp"),
            ("127.0.0.1::6379", "127.0.0.1 - 6379/tcp"),
            ("[::1]:1:2/udp", "::1 1 2/udp"),
            ("::1:1:2", "::1 1 2/tcp"),
            ("3000-3005:80", "- 3000-3005 80/tcp"),
        ] {
            assert_eq!(read(value).unwrap(), [expected], "{value}");
        }
        assert_eq!(read("7000-7001:8000-8001").unwrap(), ["- 7000 8000/tcp", "- 7001 8001/tcp"]);
    }

    #[test]
    fn refused_forms_say_what_docker_says_and_where() {
        for (value, message, place) in [
            ("localhost:1:2", "invalid IP address: localhost", "localhost"),
            ("127.1:1:2", "invalid IP address: 127.1", "127.1"),
            ("a:2", "invalid hostPort: a", "a"),
            ("1:x", "invalid containerPort: x", "x"),
            ("1:2/xyz", "invalid proto: xyz", "xyz"),
            ("0.0.0.0:1-3:2-3/udp", "invalid ranges specified for container and host Ports: 2-3 and 1-3", "1-3:2-3"),
        ] {
            let refused = read(value).unwrap_err();
            assert_eq!((refused.value.as_str(), &value[refused.span.range()]), (message, place));
        }
    }
}
