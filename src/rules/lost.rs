//! Clients at fault whatever a server says: what the rules on names and URLs share.
//!
//! Comes in: the clients of the model. Goes out: those whose alternatives a rule picks, with confidence and error texts.

use crate::finding::{Confidence, Finding, Label};
use crate::model::{Client, ClientCase, ClientError, Environment, Family, Model, Server};
use crate::rule::{Context, Rule};
use crate::rules::common::{self, Verdict};
use crate::source::Span;

/// A client that finds no server, or refuses its own settings.
pub struct Lost<'a> {
    /// Where it runs.
    pub environment: &'a Environment,
    /// The client.
    pub client: &'a Client,
    /// What it connects with.
    pub case: &'a ClientCase,
    /// How sure we are, all told.
    pub confidence: Confidence,
    /// Whether it is so in every alternative.
    pub certain: bool,
}

/// Every client with an alternative that `is_lost` picks, once for each of these.
pub fn clients(model: &Model, is_lost: impl Fn(&ClientCase) -> bool) -> Vec<Lost<'_>> {
    let mut found = Vec::new();
    for environment in model.environments.iter().chain(&model.unplaced) {
        for client in &environment.clients {
            let verdict = |case: &ClientCase| {
                if is_lost(case) { Verdict::Hit } else { Verdict::Fine }
            };
            let weighed = common::weigh(client.cases.iter().map(|case| (case.when.as_slice(), verdict(case))));
            let Some(confidence) = weighed else { continue };
            let certain = client.cases.iter().all(&is_lost);
            let confidence = confidence.min(client.confidence).min(environment.confidence);
            let cases = client.cases.iter().filter(|case| is_lost(case));
            found.extend(cases.map(|case| Lost { environment, client, case, confidence, certain }));
        }
    }
    found
}

impl Lost<'_> {
    /// A finding at `span`.
    #[must_use]
    pub fn finding_at(&self, rule: &Rule, span: Span, label: &str, message: String) -> Finding {
        Finding {
            trace: common::trace(&self.case.trace),
            setting: self.client.setting.clone(),
            ..common::finding(rule, self.environment, self.confidence, Label::new(span, label), message)
        }
    }

    /// A finding at the host's name. The same name in the same file is one fault, however many settings hold it.
    #[must_use]
    pub fn finding(&self, rule: &Rule, label: &str, message: String) -> Finding {
        let span = common::host_span(self.client, self.case);
        let host = self.case.host.as_ref().map_or("", |host| host.as_str());
        Finding {
            related: self.only_server().map(|server| Label::new(server.span, "Redis runs here")).into_iter().collect(),
            group: Some(format!("{} {host}", span.file.0)),
            ..self.finding_at(rule, span, label, message)
        }
    }

    /// Lowers the confidence of a finding about an address that stands in code alone, in an environment without a Redis:
    /// another set of files may bring it along, or nothing there uses the client.
    pub fn doubt(&self, context: &Context<'_>, finding: &mut Finding) {
        let place = common::host_span(self.client, self.case).file;
        let in_code = context.sources.get(place).path().ends_with(".py");
        if self.environment.servers.is_empty() && in_code {
            finding.confidence = finding.confidence.min(Confidence::Medium);
        }
    }

    /// The server that must be meant.
    #[must_use]
    pub fn only_server(&self) -> Option<&Server> {
        match self.environment.servers.as_slice() {
            [only] => Some(only),
            _ => None,
        }
    }
}

/// Whether a client refuses its own TLS options.
#[must_use]
pub fn is_about_tls(error: &ClientError) -> bool {
    error.message.contains("ssl_cert_reqs") || error.message.contains("SSL Certificate Requirements")
}

/// The host for people.
#[must_use]
pub fn host(context: &Context<'_>, case: &ClientCase) -> String {
    case.host.as_ref().map_or_else(|| "localhost".to_owned(), |host| context.symbols.display(host.as_str()))
}

/// What the client says when nothing listens.
#[must_use]
pub fn refused(context: &Context<'_>, client: &Client, case: &ClientCase) -> String {
    let address = common::address(case, context.symbols);
    match client.family {
        Family::NodeRedis | Family::Ioredis => format!("connect ECONNREFUSED {address}"),
        Family::RedisCli => format!("Could not connect to Redis at {address}: Connection refused"),
        Family::RedisRs => "Connection refused (os error 111)".to_owned(),
        _ => format!("Error 111 connecting to {address}. Connection refused."),
    }
}

/// What the client says when the name does not resolve.
#[must_use]
pub fn unresolved(context: &Context<'_>, client: &Client, case: &ClientCase) -> String {
    let (host, address) = (host(context, case), common::address(case, context.symbols));
    match client.family {
        Family::NodeRedis | Family::Ioredis => format!("getaddrinfo ENOTFOUND {host}"),
        Family::RedisCli => {
            format!("Could not connect to Redis at {address}: Name or service not known")
        }
        Family::RedisRs => "failed to lookup address information: Name or service not known".to_owned(),
        _ => format!("Error -2 connecting to {address}. Name or service not known."),
    }
}
