//! How many typing mistakes a word may hold and still be meant, and how many there are.

/// Mistakes forgiven in a folded word: none in short ones, where every letter makes another word, and
/// none where there are digits, because a number has no misspelling.
#[must_use]
pub fn forgiven_edits(term: &str) -> u8 {
    if term.bytes().any(|byte| byte.is_ascii_digit()) {
        return 0;
    }
    match term.chars().count() {
        0..4 => 0,
        4..8 => 1,
        _ => 2,
    }
}

/// Insertions, deletions, replacements and swaps of neighbours that make one word of the other.
#[must_use]
pub fn edit_distance(one: &str, other: &str) -> usize {
    let other = other.chars().collect::<Vec<_>>();
    let mut before = Vec::new();
    let mut row = (0..=other.len()).collect::<Vec<_>>();
    let mut previous = None;
    for (index, letter) in one.chars().enumerate() {
        let mut next = Vec::with_capacity(row.len());
        next.push(index + 1);
        for (column, &candidate) in other.iter().enumerate() {
            let replaced = row[column] + usize::from(candidate != letter);
            let mut best = replaced.min(row[column + 1] + 1).min(next[column] + 1);
            let is_swap = column > 0 && previous == Some(candidate) && other[column - 1] == letter;
            if let Some(swapped) = is_swap.then(|| before.get(column - 1)).flatten() {
                best = best.min(swapped + 1);
            }
            next.push(best);
        }
        before = std::mem::replace(&mut row, next);
        previous = Some(letter);
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mistakes_are_counted_and_a_swap_is_one() {
        for (one, other, distance) in [
            ("", "", 0),
            ("abc", "abc", 0),
            ("abc", "acb", 1),
            ("abc", "", 3),
            ("kitten", "sitting", 3),
            ("über", "uber", 1),
        ] {
            assert_eq!(edit_distance(one, other), distance, "{one} {other}");
            assert_eq!(edit_distance(other, one), distance, "{other} {one}");
        }
    }
}
