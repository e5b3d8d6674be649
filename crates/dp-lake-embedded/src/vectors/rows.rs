//! A set of row numbers of the store: one bit each, as long as the greatest row that was ever in it.

/// Rows, with how many there are.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rows {
    words: Vec<u64>,
    count: u64,
}

impl Rows {
    /// Whether the row is in it.
    pub(crate) fn has(&self, row: u32) -> bool {
        self.words.get(row as usize / 64).is_some_and(|word| word >> (row % 64) & 1 == 1)
    }

    /// Adds a row; says whether it was not in it.
    pub(crate) fn add(&mut self, row: u32) -> bool {
        let place = row as usize / 64;
        if place >= self.words.len() {
            self.words.resize((place + 1).next_power_of_two(), 0);
        }
        let bit = 1 << (row % 64);
        let is_new = self.words[place] & bit == 0;
        self.words[place] |= bit;
        self.count += u64::from(is_new);
        is_new
    }

    /// Takes a row out; says whether it was in it.
    pub(crate) fn remove(&mut self, row: u32) -> bool {
        let Some(word) = self.words.get_mut(row as usize / 64) else { return false };
        let bit = 1 << (row % 64);
        let was_in = *word & bit != 0;
        *word &= !bit;
        self.count -= u64::from(was_in);
        was_in
    }

    /// How many rows.
    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    /// Bytes in memory.
    pub(crate) fn size_bytes(&self) -> u64 {
        8 * self.words.len() as u64
    }
}
