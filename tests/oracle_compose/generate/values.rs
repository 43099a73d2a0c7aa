//! Features of values: interpolation, `.env`, `environment`, `env_file`.

use super::maker::Maker;
use super::random::yaml;

impl Maker {
    /// Adds the feature; false: it is none of these.
    pub(super) fn add_value(&mut self, feature: &str) -> bool {
        let set = self.random.pick(&["SET", "EMPTY", "UNSET", "DOLLAR", "BLANK", "OTHER"]);
        let literal = self.literal();
        let inner = literal.replace(['}', '$'], "");
        match feature {
            "$V" => self.place(&format!("${set}")),
            "${V}" => self.place(&format!("${{{set}}}")),
            "${V:-d}" => self.place(&format!("${{{set}:-{inner}}}")),
            "${V-d}" => self.place(&format!("${{{set}-{inner}}}")),
            "${V:?e}" => self.place("${SET:?must be set}${EMPTY?e}"),
            "${V:+r}" => self.place(&format!("${{{set}:+{inner}}}")),
            "${V+r}" => self.place(&format!("${{{set}+{inner}}}")),
            "nested" => {
                let outer = self.random.pick(&["UNSET", "EMPTY", "SET"]);
                let form = self.random.pick(&[":-", "-", ":+", "+"]);
                let text = match self.random.below(3) {
                    0 => format!("${{{outer}{form}${{{set}:-{inner}}}}}"),
                    1 => format!("${{{outer}{form}a${set}}}"),
                    _ => format!("${{{outer}{form}x${{{set}:-${{UNSET-{inner}}}}}y}}"),
                };
                self.place(&text);
            }
            "$$" => self.place(self.random_escape()),
            "lone dollar" => {
                let text = self.random.pick(&["p$", "$1x", "$(cat f)", "a $ b", "%{V}", "$-"]);
                self.place(text);
            }
            "unset" => self.place("${UNSET}$NOWHERE"),
            ".env comment" => self.dotenv.push(format!("{}=v # comment", self.random.pick(&["OTHER", "SET"]))),
            ".env double quotes" => {
                let value =
                    self.random.pick(&["\"a b\"", "\"a\\nb\"", "\"x\\\"y\" rest", "\"p\\$w\"", "\"p$$w\"", "\"a#b\""]);
                self.dotenv.push(format!("OTHER={value}"));
                self.place("${OTHER}");
            }
            ".env single quotes" => {
                let value = self.random.pick(&["'a b'", "'p$w'", "'a\"b'", "'a#b' # c", "'a\\nb'"]);
                self.dotenv.push(format!("BLANK={value}"));
                self.place("$BLANK");
            }
            ".env expansion" => {
                let value = self.random.pick(&[
                    "${SET}-x",
                    "$EMPTY",
                    "${LATER:-d}",
                    "pa$word",
                    "${SET:+r}",
                    "\"${SET}\"",
                    "p$",
                ]);
                self.dotenv.push(format!("OTHER={value}"));
            }
            ".env export" => self
                .dotenv
                .push(self.random.pick(&["export OTHER=exported", "OTHER = spaced", "OTHER: colon"]).to_owned()),
            ".env duplicate" => self.dotenv.push("SET=second".to_owned()),
            "pass-through" => {
                let (service, over) = (self.some(), self.random.coin());
                let name = self.random.pick(&["SET", "UNSET", "FROM_FILE", "EMPTY"]);
                let file = if over { &mut self.over } else { &mut self.main };
                file.service(service).environment.push((name.to_owned(), None));
            }
            "empty value" => {
                let (service, name) = (self.some(), self.random.pick(&["SET", "FROM_FILE", "E"]));
                self.main.service(service).environment.push((name.to_owned(), Some("\"\"".to_owned())));
            }
            "quotes in a list" => {
                self.main.service("quoted").list = true;
                let (name, value) = (self.name(), self.random.pick(&["\"pw\"", "'p w'", "p\"w\"", "${SET}", "a: b"]));
                let line = format!("environment:\n      - {name}={value}");
                self.own(
                    "quoted",
                    &[if value == "a: b" { format!("environment:\n      - '{name}={value}'") } else { line }],
                );
            }
            "scalar types" => {
                let name = self.name();
                let value = self.random.pick(&[
                    "0123",
                    "1.50",
                    "1e3",
                    "1_000",
                    "yes",
                    "true",
                    "0x1F",
                    "~",
                    "-1",
                    "089",
                    "1.0",
                    "off",
                    "0o17",
                    ".5",
                    "+1",
                    "1.2.3",
                    "12e03",
                    "0b11",
                    "False",
                    "NULL",
                    "2001-13-01",
                    "12:30",
                ]);
                self.own("typed", &["environment:".to_owned(), format!("  {name}: {value}")]);
            }
            "environment list" => {
                let service = self.some();
                let file = if self.random.coin() { &mut self.over } else { &mut self.main };
                file.service(service).list = true;
                let name = self.name();
                let value = yaml(&mut self.random, &literal);
                self.main.service(service).environment.push((name, Some(value)));
            }
            "env_file string" => {
                let value = self.random.pick(&["1", "${SET}", "$UNSET", "x y"]);
                self.env_file("c.env", format!("C={value}"));
                self.own("single", &["env_file: c.env".to_owned()]);
            }
            "env_file list" => {
                self.env_file("a.env", "FROM_FILE=a".to_owned());
                self.env_file("b.env", "FROM_FILE=b\nB=${FROM_FILE}-${SET}".to_owned());
                self.use_env_file("a.env");
                self.use_env_file("b.env");
            }
            "env_file raw" => {
                let value = self.random.pick(&["\"q\"", "x # c", "pa$word", "'s'", "a\\nb", " lead", "${SET}"]);
                self.env_file("raw.env", format!("RAW={value}"));
                self.list("env_file", "- path: raw.env\n        format: raw".to_owned());
            }
            "env_file optional" => {
                let line = "- path: gone.env\n        required: false".to_owned();
                self.list("env_file", line);
            }
            "env_file dialect" => {
                let line = self.random.pick(&[
                    "export D=1",
                    "D = two",
                    "D: three",
                    "D=four   ",
                    "D=v#x",
                    "D=#x",
                    "D=",
                    "D=`cmd`",
                    "D-K=x",
                    "D.K=y",
                    "9D=z",
                    "D=a=b",
                    "D",
                    "SET",
                    "D=p\\$w",
                    "D=a\\nb",
                    "D=\"x\"y",
                    "# D=1",
                    "D='a'b",
                    "D=\"\"",
                    "D=\ta",
                    "D=${UNSET:-x y}",
                    "D=${UNSET:?e}x\nD=1",
                    "D=a'b'",
                    "D=x\"y\"",
                ]);
                if line.contains(":?") {
                    self.env_file("a.env", "D=${SET:?e}x".to_owned());
                } else {
                    self.env_file("a.env", line.to_owned());
                }
                self.use_env_file("a.env");
            }
            "env_file multi-line" => {
                let line = self.random.pick(&["M=\"one\ntwo\"", "M='one\ntwo'", "M=\"one\n\n${SET}\""]);
                self.env_file("b.env", line.to_owned());
                self.use_env_file("b.env");
            }
            "nested required" => {
                let text = self.random.pick(&[
                    "${UNSET:-${SET:?m}}",
                    "${UNSET-a${SET?m}b}",
                    "${SET:+${BLANK:?m}}",
                    "${EMPTY:-${UNSET:-${SET:?m}}}",
                    "${SET:?${UNSET:-m}}",
                ]);
                self.place(text);
            }
            "key is no template" => {
                let name = self.random.pick(&["K$SET", "K${SET}", "K-${UNSET:-d}"]);
                self.own("keyed", &["environment:".to_owned(), format!("  \"{name}\": \"${{SET}}\"")]);
            }
            ".env more" => {
                let line = self.random.pick(&[
                    "# SET=commented",
                    "OTHER=",
                    "OTHER=  padded  ",
                    "OTHER=a=b",
                    "OTHER=`cmd`",
                    "UNSET",
                    "OTHER=${EMPTY:-d}",
                    "OTHER=$$SET",
                    "OTHER=\"$$SET\"",
                    "OTHER=#x",
                    "OTHER=v#x",
                    "OTHER='multi\nline'",
                    "OTHER=\"multi\n${SET}\"",
                    "\nOTHER=\"\"",
                ]);
                self.dotenv.push(line.to_owned());
                self.place("[${OTHER}]${OTHER+r}");
            }
            "env_file variable" => {
                self.env_file("dir/v.env", "DIRECTED=${SET}".to_owned());
                let path = self.random.pick(&["${UNSET:-dir}/v.env", "./dir/v.env", "dir/../dir/${UNSET}v.env"]);
                self.list("env_file", format!("- \"{path}\""));
            }
            "env_file required" => {
                self.env_file("r.env", "NEEDED=n\nSET=from-file".to_owned());
                self.list("env_file", "- path: r.env\n        required: true".to_owned());
            }
            "multi-line value" => {
                let name = self.name();
                let value = self.random.pick(&[
                    "|\n        a ${SET}\n        b",
                    ">-\n        a\n        $SET\n\n        c",
                    "\"a\n        b\"",
                    "|+\n        x\n\n",
                    "\"tab\\tü\\u00e9\\x41 ${SET}\"",
                    "'it''s $SET'",
                    "plain\n        goes on",
                ]);
                self.own("blocks", &["environment:".to_owned(), format!("  {name}: {value}")]);
            }
            _ => return false,
        }
        true
    }
}
