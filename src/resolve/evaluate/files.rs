//! Dictionaries that code loads from files: with `PyYAML`, tomllib, json and configparser.

use crate::facts::ValuesFile;
use crate::facts::code::{Call, Expr, ExprKind};
use crate::symbol::Symbols;

use super::cases::{flat_map, one, opaque};
use super::values::{Case, Evaluator, Scope, Target, Value};

/// Expressions that are looked through for the name of a file.
const MAX_PARTS: usize = 64;

impl<'a> Evaluator<'a> {
    /// What a call loads from a file; `None`: it is no such call, or which file can't be told.
    pub(super) fn loaded(&self, name: &str, call: &'a Call, expr: &'a Expr, scope: Scope<'a>) -> Option<Vec<Case<'a>>> {
        let (library, function) = name.rsplit_once('.')?;
        match (library, function) {
            ("yaml", "safe_load" | "load" | "full_load" | "unsafe_load")
            | ("toml" | "tomllib" | "tomli" | "json", "load" | "loads") => {
                let file = self.file_named(call.arguments.first()?, scope)?;
                Some(one(Value::Structure(&file.root, Scope::module(scope.module))))
            }
            ("configparser", "ConfigParser" | "SafeConfigParser" | "RawConfigParser") => {
                let root = self.parsed(function, call, scope)?;
                Some(one(Value::Structure(root, Scope::module(scope.module))))
            }
            ("configparser.ConfigParser" | "configparser.RawConfigParser", "get" | "getint") => {
                self.parser_option(call, expr, scope)
            }
            _ => None,
        }
    }

    /// The dictionary of a parser whose module reads one file into it.
    fn parsed(&self, class: &str, call: &'a Call, scope: Scope<'a>) -> Option<&'a Expr> {
        let module = scope.module;
        let functions =
            module.functions.iter().flat_map(|function| function.calls.iter().map(move |one| (one, Some(function))));
        let calls = module.calls.iter().map(|one| (one, None)).chain(functions);
        let mut files: Vec<&'a ValuesFile> = Vec::new();
        for (expr, function) in calls {
            let Some(read) = expr.as_call() else { continue };
            let reads = matches!(&read.callee.kind, ExprKind::Attribute(_, name) if ["read", "read_file"].contains(&name.value.as_str()));
            if let Some(argument) = read.arguments.first().filter(|_| reads)
                && let Some(file) = self.file_named(argument, Scope { function, ..Scope::module(module) })
                && !files.iter().any(|known| std::ptr::eq(*known, file))
            {
                files.push(file);
            }
        }
        let [file] = files.as_slice() else { return None };
        let (basic, extended) = file.interpolated.as_ref()?;
        match call.keyword("interpolation") {
            None if class == "RawConfigParser" => Some(&file.root),
            None => Some(basic),
            Some(value) if matches!(value.kind, ExprKind::None) => Some(&file.root),
            Some(value) => {
                let name = value.as_call()?.callee.dotted()?;
                match name.rsplit('.').next()? {
                    "BasicInterpolation" => Some(basic),
                    "ExtendedInterpolation" => Some(extended),
                    _ => None,
                }
            }
        }
    }

    /// `parser.get("section", "option", fallback=…)`.
    fn parser_option(&self, call: &'a Call, expr: &'a Expr, scope: Scope<'a>) -> Option<Vec<Case<'a>>> {
        let ExprKind::Attribute(object, _) = &call.callee.kind else { return None };
        let [section, option] = call.arguments.as_slice() else { return None };
        let fallback = call.keyword("fallback");
        let fallback = fallback.map_or_else(|| opaque(expr.span), |value| self.eval(value, scope));
        let found = flat_map(self.eval(object, scope), |file| {
            let sections = self.item(expr.span, &file, section, scope, Some(&fallback));
            flat_map(sections, |value| match value {
                section @ Value::Structure(..) => self.item(expr.span, &section, option, scope, Some(&fallback)),
                // There is no such section.
                fallback => one(fallback),
            })
        });
        Some(found)
    }

    /// The one file of the repository that an expression names, such as `open("config.yaml")`,
    /// `Path(__file__).parent / "config.yaml"`, or a name that is bound to one of these.
    pub(super) fn file_named(&self, expr: &'a Expr, scope: Scope<'a>) -> Option<&'a ValuesFile> {
        let mut work = vec![(expr, scope)];
        let mut found: Option<&'a ValuesFile> = None;
        let mut looked = 0;
        while let Some((expr, scope)) = work.pop() {
            looked += 1;
            if looked > MAX_PARTS {
                return None;
            }
            match &expr.kind {
                ExprKind::Text(text) => {
                    let Some(file) = self.values_file(&scope.module.path, text.as_str()) else { continue };
                    if found.is_some_and(|known| !std::ptr::eq(known, file)) {
                        return None;
                    }
                    found = Some(file);
                }
                ExprKind::Call(call) => {
                    let name = self.qualified(&call.callee, scope);
                    let read = name.and_then(|name| self.reads_environment(expr, &name, call, scope));
                    if let Some(cases) = read {
                        // A variable names the file: it does so only where its value is known.
                        let [Case { value: Value::Text(text), .. }] = cases.as_slice() else { return None };
                        if !Symbols::is_known(text) {
                            return None;
                        }
                        found = Some(self.values_file(&scope.module.path, text.as_str())?);
                        continue;
                    }
                    work.push((&call.callee, scope));
                    work.extend(call.arguments.iter().map(|argument| (argument, scope)));
                }
                ExprKind::Attribute(object, _) => work.push((object, scope)),
                ExprKind::Within(parts) | ExprKind::Sum(parts) | ExprKind::List(parts) | ExprKind::Format(parts) => {
                    work.extend(parts.iter().map(|part| (part, scope)));
                }
                ExprKind::Name(name) => work.extend(self.bound(name, scope)),
                _ => {}
            }
        }
        found
    }

    /// What a name was last set to.
    pub(super) fn bound(&self, name: &'a str, scope: Scope<'a>) -> Option<(&'a Expr, Scope<'a>)> {
        if let Some(function) = scope.function
            && let Some(local) = function.bindings.iter().rev().find(|binding| binding.name.value == name)
        {
            return Some((local.value.as_ref()?, scope));
        }
        let Target::Bindings(module, name) = self.find(scope.module, name, 0) else { return None };
        let binding = module.bindings.iter().rev().find(|binding| binding.name.value == name)?;
        Some((binding.value.as_ref()?, Scope::module(module)))
    }

    /// The file that was read because that module names it.
    pub(super) fn values_file(&self, module: &str, name: &str) -> Option<&'a ValuesFile> {
        let candidates = ValuesFile::candidates(module, name);
        candidates.iter().find_map(|path| self.facts.values.iter().find(|file| file.path == *path))
    }
}
