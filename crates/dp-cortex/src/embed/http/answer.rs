//! What an endpoint answers, checked: JSON in, vectors of length 1 in the order of the texts out, or what is
//! wrong with it.

use crate::embed::{table::WIDTH_MAX, to_unit_length};
use serde::Deserialize;

#[derive(Debug, Deserialize)]
struct Answer {
    data: Vec<Item>,
}

#[derive(Debug, Deserialize)]
struct Item {
    /// Which text it belongs to; the order of the items is not promised.
    index: Option<usize>,
    embedding: Vec<Option<f32>>,
}

/// The vectors of `texts` texts, each of the width asked for, if one is known.
pub(super) fn vectors(body: &[u8], texts: usize, width: Option<usize>) -> Result<Vec<Vec<f32>>, String> {
    let answer: Answer = serde_json::from_slice(body)
        .map_err(|error| format!("answered with something that is no list of embeddings ({error})"))?;
    if answer.data.len() != texts {
        return Err(format!("answered with {} vectors for {texts} texts", answer.data.len()));
    }
    let mut vectors = vec![Vec::new(); texts];
    for (place, item) in answer.data.into_iter().enumerate() {
        let index = item.index.unwrap_or(place);
        let vector = checked(item.embedding, width)?;
        match vectors.get_mut(index) {
            Some(slot) if slot.is_empty() => *slot = vector,
            Some(_) => return Err(format!("answered twice for text {index}")),
            None => return Err(format!("answered for text {index} of {texts}")),
        }
    }
    Ok(vectors)
}

fn checked(values: Vec<Option<f32>>, width: Option<usize>) -> Result<Vec<f32>, String> {
    let found = values.len();
    match width {
        Some(width) if width != found => {
            return Err(format!(
                "answered with vectors of {found} values, and the model has {width}: it serves another model now"
            ));
        }
        None if !(1..=WIDTH_MAX).contains(&found) => {
            return Err(format!("answered with vectors of {found} values"));
        }
        _ => {}
    }
    // JSON has no word for what is no number; endpoints write null.
    let values: Option<Vec<f32>> = values.into_iter().collect();
    let vector = values.map(to_unit_length).unwrap_or_default();
    if vector.is_empty() {
        return Err("answered with a vector that is no number".to_owned());
    }
    Ok(vector)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_put_in_order_and_checked() {
        let body = br#"{"data":[{"index":1,"embedding":[0,2]},{"index":0,"embedding":[3,4]}],"model":"x"}"#;
        assert_eq!(vectors(body, 2, Some(2)).unwrap(), [[0.6, 0.8], [0.0, 1.0]]);
        let cases: [(&str, &str); 8] = [
            ("<html>", "no list"),
            (r#"{"error": "x"}"#, "no list"),
            (r#"{"data":[]}"#, "0 vectors for 1"),
            (r#"{"data":[{"index":0,"embedding":[1]}]}"#, "another model"),
            (r#"{"data":[{"index":7,"embedding":[1,2]}]}"#, "text 7"),
            (r#"{"data":[{"index":0,"embedding":[null,1]}]}"#, "no number"),
            (r#"{"data":[{"index":0,"embedding":[0,0]}]}"#, "no number"),
            (r#"{"data":[{"index":0,"embedding":[1e39,1]}]}"#, "no number"),
        ];
        for (body, reason) in cases {
            let message = vectors(body.as_bytes(), 1, Some(2)).unwrap_err();
            assert!(message.contains(reason), "{body}: {message}");
        }
        let twice = br#"{"data":[{"index":0,"embedding":[1]},{"index":0,"embedding":[1]}]}"#;
        assert!(vectors(twice, 2, Some(1)).unwrap_err().contains("twice"));
        assert!(vectors(br#"{"data":[{"embedding":[]}]}"#, 1, None).is_err());
    }
}
