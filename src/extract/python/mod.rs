//! Python text → [`crate::facts::code::Module`].
//!
//! Statements become bindings, classes, functions and calls, each with the branches it stands under. Reads no disk and
//! judges nothing; the modules that are imported become requests.

mod calls;
mod hints;
mod imports;
mod lower;
mod named;
mod prefixes;

use std::collections::{HashMap, HashSet};

use ruff_python_ast::{self as ast, Stmt};
use ruff_text_size::Ranged;

use crate::facts::code::{Binding, Class, Expr, ExprKind, Function, Guard, Import, Module, Stop};
use crate::facts::{FileKind, Request};
use crate::finding::Notice;
use crate::source::{FileId, Span, Spanned};
use crate::syntax::python;
use crate::text::Text;

use imports::Finder;
use lower::Lowerer;

/// Blocks inside blocks; the parser's own limit for indentation is a little higher.
const MAX_DEPTH: usize = 60;

/// Reads one module. `exists` tells whether a path is in the repository, for the candidates of an import.
#[must_use]
pub fn extract(
    file: FileId,
    path: &str,
    text: &str,
    exists: &dyn Fn(&str) -> bool,
) -> (Module, Vec<Request>, Vec<Notice>) {
    let mut module = Module::empty(file, path);
    let (tree, notices) = python::parse(file, text);
    let Some(tree) = tree else {
        module.imports_by_name = true;
        return (module, Vec::new(), notices);
    };
    let mut walker = Walker {
        lower: Lowerer { file, text },
        finder: Finder { path, exists },
        imports: Vec::new(),
        requests: Vec::new(),
        names_of_files: Vec::new(),
        branches: HashMap::new(),
        stops: HashMap::new(),
        stopping: Vec::new(),
    };
    let mut block = Block::default();
    walker.block(&tree.body, &mut block, &mut Vec::new(), 0);
    let methods = block.classes.iter().flat_map(|class| &class.methods);
    let within = block.functions.iter().chain(methods).flat_map(|function| &function.calls);
    let calls: Vec<&Expr> = block.calls.iter().chain(within).collect();
    let named = named::modules(calls.iter().copied(), &walker.names_of_files, &walker.finder);
    let own = |name: &str| {
        walker.imports.iter().any(|import| import.bound == name)
            || block.classes.iter().any(|class| class.name.value == name)
    };
    module.named = named.iter().map(|(path, _)| path.clone()).collect();
    module.imports_by_name = named::imports_by_name(text, calls.iter().copied(), &own);
    let imported = walker.imports.iter().flat_map(|import| {
        [&import.target, &import.submodule].into_iter().flatten().map(|path| (path.clone(), import.span))
    });
    let mut asked: HashSet<String> = HashSet::from([path.to_owned()]);
    for (target, from) in imported.chain(named) {
        // Python runs the packages around a module before it.
        let around = named::packages(&target, exists);
        for path in std::iter::once(target).chain(around) {
            if asked.insert(path.clone()) {
                walker.requests.push(Request { path, kind: FileKind::Python, from });
            }
        }
    }
    walker.requests.extend(calls::values_files(&walker.names_of_files, &walker.imports, &walker.finder));
    module.imports = walker.imports;
    module.bindings = block.bindings;
    module.classes = block.classes;
    module.functions = block.functions;
    module.calls = block.calls;
    module.branches = walker.branches;
    module.stops = walker.stops;
    (module, walker.requests, notices)
}

/// What a block of statements holds.
#[derive(Default)]
struct Block {
    bindings: Vec<Binding>,
    classes: Vec<Class>,
    functions: Vec<Function>,
    calls: Vec<Expr>,
    returns: Vec<(Expr, Vec<Guard>)>,
    /// Whether it is the body of a function, which can be left early.
    in_function: bool,
}

struct Walker<'a> {
    lower: Lowerer<'a>,
    finder: Finder<'a>,
    imports: Vec<Import>,
    requests: Vec<Request>,
    /// Literal texts that may name a file with values.
    names_of_files: Vec<Text>,
    /// The branches that calls stand under.
    branches: HashMap<Span, Vec<Guard>>,
    /// What ends before calls where it raises an exception.
    stops: HashMap<Span, Vec<Stop>>,
    /// The same of the place at hand.
    stopping: Vec<Stop>,
}

/// Branches and exceptions that a place is remembered to stand behind: every call and every name has lists of its own.
const MAX_GUARDS: usize = 48;

/// Tests before a place that are remembered to raise an exception.
const MAX_STOPS: usize = 16;

/// Goes behind a branch; how it goes on behind too many can't be told.
fn enter(guards: &mut Vec<Guard>, guard: Guard) {
    match guards.len() {
        len if len < MAX_GUARDS => guards.push(guard),
        MAX_GUARDS => {
            let test = Expr { span: guard.test.span, kind: ExprKind::Opaque };
            guards.push(Guard { test, holds: true });
        }
        _ => {}
    }
}

impl Walker<'_> {
    fn block(&mut self, body: &[Stmt], out: &mut Block, guards: &mut Vec<Guard>, depth: usize) {
        if depth > MAX_DEPTH {
            return;
        }
        for statement in body {
            self.statement(statement, out, guards, depth);
        }
    }

    fn guarded(&mut self, guard: Guard, body: &[Stmt], out: &mut Block, guards: &mut Vec<Guard>, depth: usize) {
        let (height, stops) = (guards.len(), self.stopping.len());
        enter(guards, guard);
        self.block(body, out, guards, depth + 1);
        guards.truncate(height);
        self.stopping.truncate(stops);
    }

    fn statement(&mut self, statement: &Stmt, out: &mut Block, guards: &mut Vec<Guard>, depth: usize) {
        let unknown = |lower: Lowerer<'_>| Guard { test: lower.opaque(statement.range()), holds: true };
        match statement {
            Stmt::Import(import) => {
                for alias in &import.names {
                    let bound = alias.asname.as_ref().unwrap_or(&alias.name).id.as_str();
                    let span = self.lower.span(alias.range);
                    self.imports.push(self.finder.import(bound, 0, alias.name.id.as_str(), None, span));
                }
            }
            Stmt::ImportFrom(import) => {
                let module = import.module.as_ref().map_or("", |module| module.id.as_str());
                for alias in &import.names {
                    let bound = alias.asname.as_ref().unwrap_or(&alias.name).id.as_str();
                    let member = Some(alias.name.id.as_str());
                    let span = self.lower.span(alias.range);
                    self.imports.push(self.finder.import(bound, import.level, module, member, span));
                }
            }
            Stmt::Assign(assign) => {
                let value = self.value(&assign.value, out, guards);
                for target in &assign.targets {
                    self.bind(target, Some(&value), None, out, guards);
                }
            }
            Stmt::AnnAssign(assign) => {
                let value = assign.value.as_ref().map(|value| self.value(value, out, guards));
                let annotation = self.lower.expr(&assign.annotation);
                self.bind(&assign.target, value.as_ref(), Some(annotation), out, guards);
            }
            Stmt::AugAssign(assign) => {
                let value = self.value(&assign.value, out, guards);
                let target = self.lower.expr(&assign.target);
                let span = self.lower.span(assign.range());
                let kind =
                    if assign.op == ast::Operator::Add { ExprKind::Sum(vec![target, value]) } else { ExprKind::Opaque };
                self.bind(&assign.target, Some(&Expr { span, kind }), None, out, guards);
            }
            Stmt::Return(statement) => {
                if let Some(value) = &statement.value {
                    let value = self.value(value, out, guards);
                    out.returns.push((value, guards.clone()));
                }
            }
            Stmt::Expr(statement) => {
                self.value(&statement.value, out, guards);
            }
            Stmt::If(branch) => self.branches(branch, out, guards, depth),
            Stmt::For(statement) => {
                self.guarded(unknown(self.lower), &statement.body, out, guards, depth);
                self.block(&statement.orelse, out, guards, depth + 1);
            }
            Stmt::While(statement) => {
                let test = self.value(&statement.test, out, guards);
                self.guarded(Guard { test, holds: true }, &statement.body, out, guards, depth);
            }
            Stmt::With(statement) => {
                let (bindings, calls) = (out.bindings.len(), out.calls.len());
                let mut prefixes = Vec::new();
                for item in &statement.items {
                    let value = self.value(&item.context_expr, out, guards);
                    prefixes.extend(prefixes::of(&value));
                    if let Some(target) = &item.optional_vars {
                        self.bind(target, Some(&value), None, out, guards);
                    }
                }
                self.block(&statement.body, out, guards, depth + 1);
                let values = out.bindings.iter_mut().skip(bindings).filter_map(|binding| binding.value.as_mut());
                for value in values.chain(out.calls.iter_mut().skip(calls)) {
                    prefixes.iter().rev().for_each(|prefix| prefix.apply(value));
                }
            }
            Stmt::Try(statement) => {
                self.block(&statement.body, out, guards, depth + 1);
                for handler in &statement.handlers {
                    let ast::ExceptHandler::ExceptHandler(handler) = handler;
                    let guard = self.raises(&statement.body).unwrap_or_else(|| unknown(self.lower));
                    self.guarded(guard, &handler.body, out, guards, depth);
                }
                self.block(&statement.orelse, out, guards, depth + 1);
                self.block(&statement.finalbody, out, guards, depth + 1);
            }
            Stmt::Match(statement) => self.matches(statement, out, guards, depth),
            Stmt::Raise(statement) if out.in_function => {
                let raised = self.raised(statement);
                out.returns.push((Expr { span: raised.span, kind: ExprKind::Stops(raised.value) }, guards.clone()));
            }
            Stmt::FunctionDef(function) => {
                let function = self.function(function, depth);
                // A function inside another one is no module-level name, but what it calls is called.
                out.functions.push(function);
            }
            Stmt::ClassDef(class) => {
                let class = self.class(class, depth);
                out.classes.push(class);
            }
            _ => {}
        }
    }

    /// The name of the exception that a statement raises.
    fn raised(&self, statement: &ast::StmtRaise) -> Spanned<String> {
        let raised = statement.exc.as_ref().map(|raised| self.lower.expr(raised));
        let name = raised.as_ref().and_then(|raised| match raised.as_call() {
            Some(call) => call.callee.dotted(),
            None => raised.dotted(),
        });
        let name = name.unwrap_or_else(|| "an exception".to_owned());
        Spanned::new(name, self.lower.span(statement.range()))
    }

    /// What an `except` branch after a single assignment or `return` stands under.
    fn raises(&self, body: &[Stmt]) -> Option<Guard> {
        let value = match body {
            [Stmt::Assign(assign)] => &assign.value,
            [Stmt::Return(ast::StmtReturn { value: Some(value), .. })] => value,
            _ => return None,
        };
        let value = self.lower.expr(value);
        let test = Expr { span: value.span, kind: ExprKind::Raises(Box::new(value)) };
        Some(Guard { test, holds: true })
    }

    fn branches(&mut self, branch: &ast::StmtIf, out: &mut Block, guards: &mut Vec<Guard>, depth: usize) {
        let height = guards.len();
        let test = self.test(&branch.test, out, guards);
        self.guarded(Guard { test: test.clone(), holds: true }, &branch.body, out, guards, depth);
        enter(guards, Guard { test, holds: false });
        for clause in &branch.elif_else_clauses {
            match &clause.test {
                Some(test) => {
                    let test = self.test(test, out, guards);
                    self.guarded(Guard { test: test.clone(), holds: true }, &clause.body, out, guards, depth);
                    enter(guards, Guard { test, holds: false });
                }
                None => self.block(&clause.body, out, guards, depth + 1),
            }
        }
        // Branches that all leave make what follows the last one.
        let leaves = |body: &[Stmt]| matches!(body.last(), Some(Stmt::Return(_) | Stmt::Raise(_)));
        let clauses = &branch.elif_else_clauses;
        let all_leave =
            leaves(&branch.body) && clauses.iter().all(|clause| clause.test.is_some() && leaves(&clause.body));
        if let (Some(Stmt::Raise(raise)), [], Some(guard)) = (branch.body.last(), clauses.as_slice(), guards.last())
            && guards.len() > height
            && self.stopping.len() < MAX_STOPS
        {
            let stop = Stop { guard: guard.clone(), raised: self.raised(raise), in_function: out.in_function };
            self.stopping.push(stop);
        }
        if !(out.in_function && all_leave) {
            guards.truncate(height);
        }
    }

    fn matches(&mut self, statement: &ast::StmtMatch, out: &mut Block, guards: &mut Vec<Guard>, depth: usize) {
        let height = guards.len();
        let subject = self.value(&statement.subject, out, guards);
        for case in &statement.cases {
            if case.pattern.is_wildcard() && case.guard.is_none() {
                self.block(&case.body, out, guards, depth + 1);
                break;
            }
            let test = match self.lower.pattern(&subject, &case.pattern) {
                Some(test) if case.guard.is_none() => test,
                _ => self.lower.opaque(case.range()),
            };
            self.guarded(Guard { test: test.clone(), holds: true }, &case.body, out, guards, depth);
            enter(guards, Guard { test, holds: false });
        }
        guards.truncate(height);
    }

    fn bind(
        &mut self,
        target: &ast::Expr,
        value: Option<&Expr>,
        annotation: Option<Expr>,
        out: &mut Block,
        guards: &[Guard],
    ) {
        if let ast::Expr::Tuple(ast::ExprTuple { elts, .. }) | ast::Expr::List(ast::ExprList { elts, .. }) = target {
            for (at, element) in elts.iter().enumerate() {
                let part = match value.map(|value| &value.kind) {
                    Some(ExprKind::List(values)) if values.len() == elts.len() => values[at].clone(),
                    Some(ExprKind::Call(_)) => self.item(value, at, element),
                    _ => self.lower.opaque(element.range()),
                };
                if !matches!(element, ast::Expr::Tuple(_) | ast::Expr::List(_)) {
                    self.bind(element, Some(&part), None, out, guards);
                }
            }
            return;
        }
        let lowered = self.lower.expr(target);
        if let Some(name) = path_of(&lowered) {
            let hints = hints::of(&name, value, annotation.as_ref());
            let name = Spanned::new(name, lowered.span);
            out.bindings.push(Binding { name, value: value.cloned(), annotation, guards: guards.to_vec(), hints });
        }
    }

    /// `value[at]`, for a name that is set beside others.
    fn item(&self, value: Option<&Expr>, at: usize, element: &ast::Expr) -> Expr {
        let Some(value) = value else { return self.lower.opaque(element.range()) };
        let index = Expr { span: value.span, kind: ExprKind::Number(Text::mapped(&at.to_string(), value.span)) };
        Expr { span: value.span, kind: ExprKind::Subscript(Box::new(value.clone()), Box::new(index)) }
    }

    fn value(&mut self, expr: &ast::Expr, out: &mut Block, guards: &[Guard]) -> Expr {
        let value = self.lower.expr(expr);
        let mut calls = Vec::new();
        calls::collect(&value, &self.imports, &mut calls, &mut self.names_of_files);
        // Those that end with an exception are kept apart: what comes after them is what the program is for.
        let stops = |guard: &Guard| self.stopping.iter().any(|stop| stop.guard.test.span == guard.test.span);
        for (call, inner) in calls {
            let around = guards.iter().filter(|guard| !stops(guard)).cloned();
            let branches: Vec<Guard> = around.chain(inner).collect();
            if !self.stopping.is_empty() {
                self.stops.insert(call.span, self.stopping.clone());
            }
            if !branches.is_empty() {
                self.branches.insert(call.span, branches);
            }
            out.calls.push(call);
        }
        value
    }

    /// A test, with the names that `:=` in it sets.
    fn test(&mut self, test: &ast::Expr, out: &mut Block, guards: &[Guard]) -> Expr {
        let mut work = vec![test];
        while let Some(part) = work.pop() {
            match part {
                ast::Expr::Named(named) => {
                    let value = self.lower.expr(&named.value);
                    self.bind(&named.target, Some(&value), None, out, guards);
                }
                ast::Expr::Compare(compare) => work.push(&compare.left),
                ast::Expr::UnaryOp(operation) => work.push(&operation.operand),
                ast::Expr::BoolOp(operation) => work.extend(&operation.values),
                _ => {}
            }
        }
        self.value(test, out, guards)
    }

    fn function(&mut self, function: &ast::StmtFunctionDef, depth: usize) -> Function {
        let mut block = Block { in_function: true, ..Block::default() };
        let stops = self.stopping.len();
        self.block(&function.body, &mut block, &mut Vec::new(), depth + 1);
        self.stopping.truncate(stops);
        let mut parameters = Vec::new();
        let list = &function.parameters;
        for parameter in list.posonlyargs.iter().chain(&list.args).chain(&list.kwonlyargs) {
            let default = parameter.default.as_ref().map(|default| self.value(default, &mut block, &[]));
            parameters.push((parameter.parameter.name.id.to_string(), default));
        }
        let mut calls = block.calls;
        for inner in block.functions {
            calls.extend(inner.calls);
            // Names of the inner function are looked up in the outer one: near enough where they are unique.
            block.bindings.extend(inner.bindings);
        }
        let decorators =
            function.decorator_list.iter().map(|decorator| self.lower.expr(&decorator.expression)).collect();
        let name = Spanned::new(function.name.id.to_string(), self.lower.span(function.name.range));
        Function { name, parameters, decorators, bindings: block.bindings, returns: block.returns, calls }
    }

    fn class(&mut self, class: &ast::StmtClassDef, depth: usize) -> Class {
        let mut block = Block::default();
        self.block(&class.body, &mut block, &mut Vec::new(), depth + 1);
        let (mut bases, mut keywords) = (Vec::new(), Vec::new());
        if let Some(arguments) = &class.arguments {
            bases.extend(arguments.args.iter().map(|base| self.lower.expr(base)));
            for keyword in &arguments.keywords {
                if let Some(name) = &keyword.arg {
                    let name = Spanned::new(name.id.to_string(), self.lower.span(name.range));
                    keywords.push((name, self.lower.expr(&keyword.value)));
                }
            }
        }
        let name = Spanned::new(class.name.id.to_string(), self.lower.span(class.name.range));
        let mut methods = block.functions;
        // Calls in the class body run when the module does; they are kept with an own nameless function.
        if !block.calls.is_empty() {
            methods.push(Function {
                name: Spanned::new(String::new(), name.span),
                parameters: Vec::new(),
                decorators: Vec::new(),
                bindings: Vec::new(),
                returns: Vec::new(),
                calls: block.calls,
            });
        }
        Class { name, bases, keywords, fields: block.bindings, methods, inner: block.classes }
    }
}

/// `a.b` and `a["b"]` as `a.b`.
fn path_of(expr: &Expr) -> Option<String> {
    let mut parts: Vec<&str> = Vec::new();
    let mut at = expr;
    loop {
        match &at.kind {
            ExprKind::Name(name) => {
                parts.push(name);
                parts.reverse();
                return Some(parts.join("."));
            }
            ExprKind::Attribute(object, name) => {
                parts.push(&name.value);
                at = object;
            }
            ExprKind::Subscript(object, key) => {
                parts.push(key.as_text()?.as_str());
                at = object;
            }
            _ => return None,
        }
    }
}
