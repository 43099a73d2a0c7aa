//! Templates of Go as charts use them: actions between `{{` and `}}`, blocks, pipelines, with every byte's place.
//!
//! <https://pkg.go.dev/text/template>. Knows no functions and no values; what is malformed is [`Node::Unknown`].

mod lexer;

use crate::text::Text;
use lexer::{Piece, Token, pieces, tokens};

/// Blocks and parentheses deeper than this are not read.
const MAX_DEPTH: usize = 48;

/// A part of a template.
#[derive(Clone, Debug)]
pub enum Node {
    /// What stands outside of actions, with the blanks that `-` takes away gone.
    Text(Text),
    /// An action whose value is printed.
    Print(Expr),
    /// `$name := …` or `$name = …`; prints nothing.
    Assign(String, Expr),
    /// `if`, `else if` and `else`, in order.
    If(Vec<Branch>),
    /// `with` and `else`.
    With(Vec<Branch>),
    /// `range`, with the names of its variables, and `else`.
    Range(Vec<String>, Vec<Branch>),
    /// Something that could not be read.
    Unknown,
}

/// A branch of a block.
#[derive(Clone, Debug)]
pub struct Branch {
    /// `None`: `else`.
    pub condition: Option<Expr>,
    /// What stands in it.
    pub body: Vec<Node>,
}

/// An expression.
#[derive(Clone, Debug)]
pub enum Expr {
    /// `.a.b`: fields of the dot.
    Field(Vec<String>),
    /// `$.a`, `$name.a`: the variable's name without the dollar sign, and fields.
    Variable(String, Vec<String>),
    /// A string, a number, a boolean.
    Literal(Text),
    /// `nil`.
    Nil,
    /// A function and its arguments; of a pipeline, what stands before `|` comes last.
    Call(String, Vec<Expr>),
    /// Fields of what stands in parentheses.
    Of(Box<Expr>, Vec<String>),
}

/// A whole file.
#[derive(Clone, Debug, Default)]
pub struct File {
    /// What it prints.
    pub nodes: Vec<Node>,
    /// `define`d templates by name.
    pub defines: Vec<(String, Vec<Node>)>,
}

/// Reads a file.
#[must_use]
pub fn parse(text: &Text) -> File {
    let mut parser = Parser { pieces: pieces(text), at: 0, defines: Vec::new() };
    let mut nodes = Vec::new();
    while parser.at < parser.pieces.len() {
        let (more, _) = parser.nodes(0);
        nodes.extend(more);
        // An `end` too many.
        parser.at += 1;
    }
    File { nodes, defines: parser.defines }
}

struct Parser {
    pieces: Vec<Piece>,
    at: usize,
    defines: Vec<(String, Vec<Node>)>,
}

/// What ended a run of nodes.
enum Stop {
    End,
    /// `else`, with the tokens behind it.
    Else(Vec<Token>),
    File,
}

impl Parser {
    /// Reads nodes up to `end`, `else` or the end of the file. The depth is bounded by [`MAX_DEPTH`].
    fn nodes(&mut self, depth: usize) -> (Vec<Node>, Stop) {
        let mut nodes = Vec::new();
        while let Some(piece) = self.pieces.get(self.at) {
            let tokens = match piece {
                Piece::Text(text) => {
                    nodes.push(Node::Text(text.clone()));
                    self.at += 1;
                    continue;
                }
                Piece::Action(action) => tokens(action),
            };
            let word = match tokens.first() {
                Some(Token::Word(word)) => word.as_str().to_owned(),
                _ => String::new(),
            };
            match word.as_str() {
                "end" => return (nodes, Stop::End),
                "else" => return (nodes, Stop::Else(tokens[1..].to_vec())),
                _ => {}
            }
            self.at += 1;
            let node = match word.as_str() {
                _ if depth > MAX_DEPTH => Some(Node::Unknown),
                "if" => Some(Node::If(self.branches(&tokens[1..], depth).1)),
                "with" => Some(Node::With(self.branches(&tokens[1..], depth).1)),
                "range" => {
                    let (names, branches) = self.branches(&tokens[1..], depth);
                    Some(Node::Range(names, branches))
                }
                "define" | "block" => {
                    let (body, _) = self.nodes(depth + 1);
                    self.at += 1;
                    match tokens.get(1) {
                        Some(Token::Literal(name)) => {
                            self.defines.push((name.as_str().to_owned(), body));
                            None
                        }
                        _ => Some(Node::Unknown),
                    }
                }
                // `template` prints what `include` returns.
                "template" => Some(match tokens.get(1) {
                    Some(Token::Literal(name)) => {
                        let scope = expression(&tokens[2..]).unwrap_or(Expr::Nil);
                        Node::Print(Expr::Call("include".to_owned(), vec![Expr::Literal(name.clone()), scope]))
                    }
                    _ => Node::Unknown,
                }),
                _ => Some(action(&tokens)),
            };
            nodes.extend(node);
        }
        (nodes, Stop::File)
    }

    /// The branches of a block whose head is read, and the variables that a `range` names.
    fn branches(&mut self, head: &[Token], depth: usize) -> (Vec<String>, Vec<Branch>) {
        let (names, rest) = assigned(head);
        let mut head = Some(rest.to_vec());
        let mut branches = Vec::new();
        loop {
            let (body, stop) = self.nodes(depth + 1);
            let unread = Expr::Call("unread".to_owned(), Vec::new());
            let condition = head.map(|tokens| expression(&tokens).unwrap_or(unread));
            branches.push(Branch { condition, body });
            self.at += 1;
            match stop {
                Stop::Else(tokens) if branches.len() < 64 => {
                    let chained =
                        matches!(tokens.first(), Some(Token::Word(word)) if matches!(word.as_str(), "if" | "with"));
                    head = chained.then(|| tokens[1..].to_vec());
                }
                _ => return (names, branches),
            }
        }
    }
}

/// `$a, $b :=` in front of an expression.
fn assigned(tokens: &[Token]) -> (Vec<String>, &[Token]) {
    let Some(at) = tokens.iter().position(|token| matches!(token, Token::Assign)) else { return (Vec::new(), tokens) };
    let names = tokens[..at].iter().filter_map(|token| match token {
        Token::Variable(name, _) => Some(name.clone()),
        _ => None,
    });
    (names.collect(), &tokens[at + 1..])
}

fn action(tokens: &[Token]) -> Node {
    let (names, rest) = assigned(tokens);
    let Some(expr) = expression(rest) else { return Node::Unknown };
    match names.into_iter().next() {
        Some(name) => Node::Assign(name, expr),
        None => Node::Print(expr),
    }
}

/// A pipeline; `None`: not understood.
fn expression(tokens: &[Token]) -> Option<Expr> {
    let mut reader = Reader { tokens, at: 0 };
    let expr = reader.pipeline(0)?;
    (reader.at == tokens.len()).then_some(expr)
}

struct Reader<'a> {
    tokens: &'a [Token],
    at: usize,
}

impl Reader<'_> {
    /// The depth is bounded by [`MAX_DEPTH`].
    fn pipeline(&mut self, depth: usize) -> Option<Expr> {
        let mut value = self.command(depth)?;
        while matches!(self.tokens.get(self.at), Some(Token::Pipe)) {
            self.at += 1;
            match self.command(depth)? {
                Expr::Call(name, mut arguments) => {
                    arguments.push(value);
                    value = Expr::Call(name, arguments);
                }
                _ => return None,
            }
        }
        Some(value)
    }

    /// A function with its arguments, or one operand.
    fn command(&mut self, depth: usize) -> Option<Expr> {
        if let Some(Token::Word(word)) = self.tokens.get(self.at)
            && !is_literal(word.as_str())
        {
            self.at += 1;
            let mut arguments = Vec::new();
            while !matches!(self.tokens.get(self.at), None | Some(Token::Pipe | Token::Close(_))) {
                arguments.push(self.operand(depth)?);
            }
            return Some(Expr::Call(word.as_str().to_owned(), arguments));
        }
        self.operand(depth)
    }

    fn operand(&mut self, depth: usize) -> Option<Expr> {
        let token = self.tokens.get(self.at)?;
        self.at += 1;
        Some(match token {
            Token::Field(fields) => Expr::Field(fields.clone()),
            Token::Variable(name, fields) => Expr::Variable(name.clone(), fields.clone()),
            Token::Literal(text) => Expr::Literal(text.clone()),
            Token::Word(word) if word.as_str() == "nil" => Expr::Nil,
            Token::Word(word) if is_literal(word.as_str()) => Expr::Literal(word.clone()),
            // A function without arguments, as an argument.
            Token::Word(word) => Expr::Call(word.as_str().to_owned(), Vec::new()),
            Token::Open if depth < MAX_DEPTH => {
                let inner = self.pipeline(depth + 1)?;
                let Some(Token::Close(fields)) = self.tokens.get(self.at) else { return None };
                self.at += 1;
                if fields.is_empty() { inner } else { Expr::Of(Box::new(inner), fields.clone()) }
            }
            _ => return None,
        })
    }
}

fn is_literal(word: &str) -> bool {
    matches!(word, "true" | "false" | "nil")
        || word.starts_with(|char: char| char.is_ascii_digit())
        || word.starts_with('-') && word.len() > 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{FileId, Span};

    fn parsed(source: &str) -> File {
        parse(&Text::exact(source, Span::new(FileId(0), 0..source.len())))
    }

    #[test]
    fn blanks_are_taken_away_where_a_dash_says_so() {
        let file = parsed("a \n {{- .A -}} \n b {{ .B }} c{{/* x }} */}}d");
        let texts: Vec<&str> = file
            .nodes
            .iter()
            .filter_map(|node| if let Node::Text(text) = node { Some(text.as_str()) } else { None })
            .collect();
        assert_eq!(texts, ["a", "b ", " c", "d"]);
    }

    #[test]
    fn blocks_and_pipelines_are_read() {
        let file = parsed(
            "{{ define \"x\" }}y{{ end }}{{ if and .A (not $.B) }}1{{ else if eq .C \"}}\" }}2{{ else }}3{{ end }}{{ range $k, $v := .L }}{{ $v | quote }}{{ end }}",
        );
        assert_eq!(file.defines[0].0, "x");
        let Node::If(branches) = &file.nodes[2] else { panic!("{:?}", file.nodes) };
        assert_eq!(branches.len(), 3);
        assert!(
            matches!(&branches[0].condition, Some(Expr::Call(name, arguments)) if name == "and" && arguments.len() == 2)
        );
        assert!(file.nodes.iter().any(|node| matches!(node, Node::Range(names, _) if *names == ["k", "v"])));
    }

    #[test]
    fn what_is_broken_ends() {
        for broken in ["{{", "{{ if }}", "{{ end }}{{ end }}x", "{{ ( }}", "{{ \"a }}", "{{ range }}{{ else }}"] {
            let _ = parsed(broken);
        }
        let deep = "{{ if .A }}".repeat(500);
        let _ = parsed(&deep);
    }
}
