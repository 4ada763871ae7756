//! Writes a small network with a Piper voice's interface, byte by byte in the
//! protobuf form of ONNX.

/// One field of a message that holds bytes.
fn bytes(field: u64, content: &[u8]) -> Vec<u8> {
    let mut out = varint(field << 3 | 2);
    out.extend(varint(content.len() as u64));
    out.extend_from_slice(content);
    out
}

/// One field that holds a number.
fn number(field: u64, value: u64) -> Vec<u8> {
    [varint(field << 3), varint(value)].concat()
}

fn varint(mut value: u64) -> Vec<u8> {
    let mut out = Vec::new();
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
    out
}

const FLOAT: u64 = 1;
const INT64: u64 = 7;

fn node(op: &str, inputs: &[&str], output: &str, attributes: &[(&str, u64)]) -> Vec<u8> {
    let mut out = Vec::new();
    for input in inputs {
        out.extend(bytes(1, input.as_bytes()));
    }
    out.extend(bytes(2, output.as_bytes()));
    // Operators and values share their names: these are told apart.
    out.extend(bytes(3, format!("node_{output}").as_bytes()));
    out.extend(bytes(4, op.as_bytes()));
    for (name, value) in attributes {
        // Type 2 of an attribute is a whole number.
        let attribute = [bytes(1, name.as_bytes()), number(3, *value), number(20, 2)];
        out.extend(bytes(5, &attribute.concat()));
    }
    bytes(1, &out)
}

fn tensor(name: &str, kind: u64, length: u64, raw: &[u8]) -> Vec<u8> {
    let tensor = [
        number(1, length),
        number(2, kind),
        bytes(8, name.as_bytes()),
        bytes(9, raw),
    ];
    bytes(5, &tensor.concat())
}

fn floats(name: &str, values: &[f32]) -> Vec<u8> {
    let raw: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
    tensor(name, FLOAT, values.len() as u64, &raw)
}

fn ints(name: &str, values: &[i64]) -> Vec<u8> {
    let raw: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
    tensor(name, INT64, values.len() as u64, &raw)
}

/// An input (field 11) or output (12); sizes that are 0 are free.
fn value(field: u64, name: &str, kind: u64, shape: &[u64]) -> Vec<u8> {
    let dims: Vec<u8> = shape
        .iter()
        .enumerate()
        .flat_map(|(at, size)| match size {
            0 => bytes(1, &bytes(2, format!("{name}{at}").as_bytes())),
            size => bytes(1, &number(1, *size)),
        })
        .collect();
    let tensor = [number(1, kind), bytes(2, &dims)].concat();
    let value = [bytes(1, name.as_bytes()), bytes(2, &bytes(1, &tensor))];
    bytes(field, &value.concat())
}

/// A network that turns every number of a phoneme into a level of 1/100 of
/// it, 256
/// samples long at length scale 1, and adds noise by the noise scale.
pub(crate) fn voice(speakers: u32) -> Vec<u8> {
    let mut graph = vec![
        node("Cast", &["input"], "levels", &[("to", FLOAT)]),
        node("Unsqueeze", &["levels", "two"], "column", &[]),
        node("Gather", &["scales", "at_length"], "length", &[]),
        node("Mul", &["length", "hop"], "samples", &[]),
        node("Cast", &["samples"], "samples_whole", &[("to", INT64)]),
        node("Shape", &["input"], "shape", &[]),
        node(
            "Concat",
            &["shape", "samples_whole"],
            "target",
            &[("axis", 0)],
        ),
        node("Expand", &["column", "target"], "stretched", &[]),
        node(
            "RandomNormalLike",
            &["stretched"],
            "random",
            &[("dtype", FLOAT)],
        ),
        node("Gather", &["scales", "at_noise"], "noise", &[]),
        node("Mul", &["random", "noise"], "noise_scaled", &[]),
        node("Mul", &["stretched", "volume"], "quiet", &[]),
        node("Add", &["quiet", "noise_scaled"], "sound", &[]),
        node("Reshape", &["sound", "flat"], "output", &[]),
        bytes(2, b"voice"),
        ints("two", &[2]),
        ints("at_length", &[1]),
        ints("at_noise", &[0]),
        ints("flat", &[1, 1, -1]),
        floats("hop", &[256.0]),
        floats("volume", &[0.01]),
        value(11, "input", INT64, &[1, 0]),
        value(11, "input_lengths", INT64, &[1]),
        value(11, "scales", FLOAT, &[3]),
        value(12, "output", FLOAT, &[1, 1, 0]),
    ];
    if speakers > 1 {
        graph.push(value(11, "sid", INT64, &[1]));
    }
    let opset = [bytes(1, b""), number(2, 17)].concat();
    [number(1, 8), bytes(7, &graph.concat()), bytes(8, &opset)].concat()
}
