//! Hands the terms of the analysis to the indexer, without an allocation per term.

use super::schema::{FORMS, TERM_SEPARATOR, TERMS, TWICE, WORDS, push_form};
use dp_lake::analysis::for_each_token;
use tantivy::tokenizer::{Token, TokenStream, Tokenizer, TokenizerManager};

/// The tokenizers of the index, by name.
pub(super) fn manager() -> TokenizerManager {
    // The engine asks for its own default one too, for fields that hold no text.
    let manager = TokenizerManager::default();
    manager.register(WORDS, Terms { what: What::Words });
    manager.register(FORMS, Terms { what: What::Forms });
    manager.register(TERMS, Terms { what: What::Separated });
    manager
}

#[derive(Debug, Clone, Copy)]
enum What {
    /// Folded terms; each twice at its place where the string says so.
    Words,
    /// Forms that differ from their folded term.
    Forms,
    /// Terms that are ready, with separators between them.
    Separated,
}

#[derive(Debug, Clone, Copy)]
struct Terms {
    what: What,
}

impl Tokenizer for Terms {
    type TokenStream<'a> = Stream<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Stream<'a> {
        Stream { what: self.what, text, token: Token::default(), pulled: None }
    }
}

struct Stream<'a> {
    what: What,
    text: &'a str,
    token: Token,
    /// Only for callers that pull: the tokens and how many were given.
    pulled: Option<(Vec<Token>, usize)>,
}

impl TokenStream for Stream<'_> {
    fn advance(&mut self) -> bool {
        if self.pulled.is_none() {
            let mut all = Vec::new();
            self.process(&mut |token| all.push(token.clone()));
            self.pulled = Some((all, 0));
        }
        let Some((all, given)) = &mut self.pulled else { return false };
        let Some(next) = all.get(*given) else { return false };
        self.token.clone_from(next);
        *given += 1;
        true
    }

    fn token(&self) -> &Token {
        &self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.token
    }

    fn process(&mut self, sink: &mut dyn FnMut(&Token)) {
        let token = &mut self.token;
        token.position_length = 1;
        match self.what {
            What::Words => {
                let twice = self.text.starts_with(TWICE);
                for_each_token(self.text, &mut |found| {
                    token.text.clear();
                    token.text.push_str(found.term);
                    token.position = found.position as usize;
                    sink(token);
                    if twice {
                        sink(token);
                    }
                });
            }
            What::Forms => for_each_token(self.text, &mut |found| {
                let Some(form) = found.exact else { return };
                token.text.clear();
                push_form(&mut token.text, found.term, form);
                token.position = found.position as usize;
                sink(token);
            }),
            What::Separated => {
                for (position, term) in self.text.split_terminator(TERM_SEPARATOR).enumerate() {
                    token.text.clear();
                    token.text.push_str(term);
                    token.position = position;
                    sink(token);
                }
            }
        }
    }
}
