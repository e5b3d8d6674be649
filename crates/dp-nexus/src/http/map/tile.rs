//! A tile of points with counts in the Mapbox Vector Tile format 2.1: counts come in, bytes go out.
//! <https://github.com/mapbox/vector-tile-spec/tree/master/2.1>

use dp_lake::map::{CELLS_ACROSS, CellCount};
use prost::Message;
use std::collections::BTreeMap;

/// Units along the side of a tile.
const EXTENT: u32 = 4_096;
/// Units along the side of a cell.
const CELL: u32 = EXTENT / CELLS_ACROSS;
/// `MoveTo`, once: section 4.3.1.
const MOVE_TO_ONE: u32 = 1 << 3 | 1;
/// `POINT` of the types of geometry.
const POINT: i32 = 1;
/// Version 2.x of the format.
const VERSION: u32 = 2;

#[derive(Clone, PartialEq, Message)]
struct Tile {
    #[prost(message, repeated, tag = "3")]
    layers: Vec<Layer>,
}

#[derive(Clone, PartialEq, Message)]
struct Layer {
    #[prost(uint32, required, tag = "15")]
    version: u32,
    #[prost(string, required, tag = "1")]
    name: String,
    #[prost(message, repeated, tag = "2")]
    features: Vec<Feature>,
    #[prost(string, repeated, tag = "3")]
    keys: Vec<String>,
    #[prost(message, repeated, tag = "4")]
    values: Vec<Value>,
    #[prost(uint32, optional, tag = "5")]
    extent: Option<u32>,
}

#[derive(Clone, PartialEq, Message)]
struct Feature {
    /// Pairs of a key and a value, by index.
    #[prost(uint32, repeated, tag = "2")]
    tags: Vec<u32>,
    #[prost(int32, optional, tag = "3")]
    kind: Option<i32>,
    #[prost(uint32, repeated, tag = "4")]
    geometry: Vec<u32>,
}

#[derive(Clone, PartialEq, Message)]
struct Value {
    #[prost(uint64, optional, tag = "5")]
    number: Option<u64>,
}

/// A tile with one layer of points, each in the middle of its cell with the count as `count`. Nothing in, nothing
/// out: no bytes are a tile without layers.
pub(super) fn written(layer: &str, cells: &[CellCount]) -> Vec<u8> {
    if cells.is_empty() {
        return Vec::new();
    }
    let mut numbers: BTreeMap<u64, u32> = cells.iter().map(|cell| (cell.count, 0)).collect();
    for (index, place) in (0..).zip(numbers.values_mut()) {
        *place = index;
    }
    let middle = |cell: u8| zigzag(u32::from(cell) * CELL + CELL / 2);
    let features = cells.iter().map(|cell| Feature {
        tags: vec![0, numbers.get(&cell.count).copied().unwrap_or_default()],
        kind: Some(POINT),
        geometry: vec![MOVE_TO_ONE, middle(cell.column), middle(cell.row)],
    });
    let layer = Layer {
        version: VERSION,
        name: layer.to_owned(),
        features: features.collect(),
        keys: vec!["count".to_owned()],
        values: numbers.keys().map(|&number| Value { number: Some(number) }).collect(),
        extent: Some(EXTENT),
    };
    Tile { layers: vec![layer] }.encode_to_vec()
}

/// A coordinate that is not negative, as parameters of commands are written: section 4.3.2.
const fn zigzag(coordinate: u32) -> u32 {
    coordinate << 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tile_has_the_bytes_that_the_specification_says() {
        let tile = written("density", &[CellCount { column: 0, row: 63, count: 300 }]);
        let expected: &[u8] = &[
            0x1A, 40, // layers
            0x0A, 7, b'd', b'e', b'n', b's', b'i', b't', b'y', // name
            0x12, 12, 0x12, 2, 0, 0, 0x18, 1, 0x22, 4, 9, 64, 0xC0,
            0x3F, // feature: 32 and 4064, doubled
            0x1A, 5, b'c', b'o', b'u', b'n', b't', // keys
            0x22, 3, 0x28, 0xAC, 0x02, // values
            0x28, 0x80, 0x20, // extent
            0x78, 2, // version
        ];
        assert_eq!(tile.len(), expected.len());
        let decoded = Tile::decode(expected).unwrap();
        assert_eq!(Tile::decode(tile.as_slice()).unwrap(), decoded);
        assert_eq!(decoded.layers[0].features[0].geometry, [9, 64, 8128]);
    }

    #[test]
    fn equal_counts_share_a_value_and_nothing_is_nothing() {
        let cell = |column, count| CellCount { column, row: 0, count };
        let tile = Tile::decode(written("a", &[cell(0, 5), cell(1, 2), cell(2, 5)]).as_slice()).unwrap();
        let tags = tile.layers[0].features.iter().map(|feature| feature.tags[1]).collect::<Vec<_>>();
        assert_eq!((tile.layers[0].values.len(), tags), (2, vec![1, 0, 1]));
        assert!(written("a", &[]).is_empty());
    }
}
