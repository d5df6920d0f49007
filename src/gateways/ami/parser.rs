//! The manager interface's framing: `Key: value` lines, an empty line ends a message.
//!
//! Bytes come in any portions. Lines without a colon (the greeting, garbage) are skipped, bytes
//! that are not UTF-8 are replaced, and nothing grows without a bound.

/// Bytes of one line; longer ones are cut.
const LINE_BYTES_MAX: usize = 8 * 1024;
/// Lines of one message; more are dropped.
const LINES_MAX: usize = 256;

/// One message: headers in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Message {
    headers: Vec<(String, String)>,
}

impl Message {
    /// A message from its headers; for commands and tests.
    #[must_use]
    pub fn new(headers: &[(&str, &str)]) -> Self {
        Self { headers: headers.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect() }
    }
    /// The first value of `key`; empty and `<unknown>` count as none.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(key))
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty() && *value != "<unknown>")
    }
    /// The name of the event; empty for an answer.
    #[must_use]
    pub fn event(&self) -> &str {
        self.get("Event").unwrap_or_default()
    }
    /// All headers in order.
    #[must_use]
    pub fn headers(&self) -> &[(String, String)] {
        &self.headers
    }
    /// The message as it is sent. Line breaks inside a value are dropped, so that a value can
    /// never become a header of its own.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut text = String::new();
        for (key, value) in &self.headers {
            text.push_str(key);
            text.push_str(": ");
            text.extend(value.chars().filter(|c| !c.is_control()));
            text.push_str("\r\n");
        }
        text.push_str("\r\n");
        text.into_bytes()
    }
}

/// Cuts a stream of bytes into messages.
#[derive(Debug, Default)]
pub struct Parser {
    line: Vec<u8>,
    message: Message,
}

impl Parser {
    /// Takes a portion of bytes; returns the messages that are whole now.
    pub fn push(&mut self, bytes: &[u8]) -> Vec<Message> {
        let mut whole = Vec::new();
        for byte in bytes {
            match byte {
                b'\n' => self.end_line(&mut whole),
                b'\r' => {}
                byte if self.line.len() < LINE_BYTES_MAX => self.line.push(*byte),
                _ => {}
            }
        }
        whole
    }

    fn end_line(&mut self, whole: &mut Vec<Message>) {
        if self.line.is_empty() {
            let message = std::mem::take(&mut self.message);
            if !message.headers.is_empty() {
                whole.push(message);
            }
            return;
        }
        let line = String::from_utf8_lossy(&self.line);
        if let Some((key, value)) = line.split_once(':')
            && is_key(key)
            && self.message.headers.len() < LINES_MAX
        {
            self.message.headers.push((key.to_owned(), value.trim().to_owned()));
        }
        self.line.clear();
    }
}

fn is_key(key: &str) -> bool {
    !key.is_empty() && key.len() <= 64 && key.bytes().all(|b| b.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const STREAM: &str = "Asterisk Call Manager/10.0.0\r\nResponse: Success\r\nActionID: 1\r\n\r\n\
        Event: Newchannel\r\nCallerIDName: Оператор 101\r\nAccountCode: \r\nCallerIDNum: <unknown>\r\n\r\n";

    #[test]
    fn messages_are_cut_wherever_the_bytes_are() {
        for size in [1, 2, 3, 7, 64, 4096] {
            let mut parser = Parser::default();
            let messages: Vec<Message> =
                STREAM.as_bytes().chunks(size).flat_map(|chunk| parser.push(chunk)).collect();
            assert_eq!(messages.len(), 2, "portions of {size}");
            assert_eq!(messages[0].get("response"), Some("Success"));
            assert_eq!(messages[1].event(), "Newchannel");
            assert_eq!(messages[1].get("CallerIDName"), Some("Оператор 101"));
            assert_eq!(messages[1].get("AccountCode"), None);
            assert_eq!(messages[1].get("CallerIDNum"), None);
        }
    }

    #[test]
    fn a_value_never_becomes_a_header() {
        let bytes = Message::new(&[("Exten", "1\r\nAction: Command")]).to_bytes();
        assert_eq!(bytes, b"Exten: 1Action: Command\r\n\r\n");
    }

    #[test]
    fn endless_lines_and_messages_are_bounded() {
        let mut parser = Parser::default();
        assert!(parser.push(&vec![b'x'; 100_000]).is_empty());
        assert!(parser.line.len() <= LINE_BYTES_MAX);
        parser.push(b"\n");
        for _ in 0..1_000 {
            parser.push(b"Key: value\r\n");
        }
        let messages = parser.push(b"\r\n");
        assert_eq!(messages[0].headers().len(), LINES_MAX);
    }

    proptest! {
        #[test]
        fn garbage_is_survived(bytes in proptest::collection::vec(any::<u8>(), 0..2_000)) {
            let mut parser = Parser::default();
            parser.push(&bytes);
            parser.push(b"\n\n");
            let messages = parser.push(STREAM.as_bytes());
            prop_assert_eq!(messages.len(), 2);
        }
    }
}
