// One key of a Tink key set: the protobuf message EcdsaPublicKey (google/tink, proto/ecdsa.proto), as the uncompressed point
// that WebCrypto imports. Only what Google Health's page names is taken: P-256, SHA-256, signatures in DER.

const coordinateBytes = 32;

// proto/ecdsa.proto and proto/common.proto: HashType.SHA256, EllipticCurveType.NIST_P256, EcdsaSignatureEncoding.DER.
const sha256 = 3;
const nistP256 = 2;
const derEncoding = 2;

/** The point as 65 bytes, `04 || x || y`, or null when it is another kind of key, or none. Not checked to be on the curve. */
export function readEcdsaPublicKey(message: Uint8Array): Uint8Array<ArrayBuffer> | null {
  const key = readFields(message);
  if (key === null || (key.numbers.get(1) ?? 0) !== 0) return null; // a version that we do not know
  const params = readFields(key.bytes.get(2) ?? new Uint8Array());
  if (params?.numbers.get(1) !== sha256) return null;
  if (params.numbers.get(2) !== nistP256 || params.numbers.get(3) !== derEncoding) return null;
  const x = readCoordinate(key.bytes.get(3));
  const y = readCoordinate(key.bytes.get(4));
  if (x === null || y === null) return null;
  const point = new Uint8Array(1 + 2 * coordinateBytes);
  point[0] = 0x04;
  point.set(x, 1 + coordinateBytes - x.length);
  point.set(y, point.length - y.length);
  return point;
}

/** Tink writes a big-endian integer: without its leading zeros, or with one more in front (reference §6.6, observed: 33 bytes). */
function readCoordinate(bytes: Uint8Array | undefined): Uint8Array | null {
  if (bytes === undefined || bytes.length === 0 || bytes.length > coordinateBytes + 1) return null;
  if (bytes.length <= coordinateBytes) return bytes;
  return bytes[0] === 0 ? bytes.subarray(1) : null;
}

interface Fields {
  readonly numbers: ReadonlyMap<number, number>;
  readonly bytes: ReadonlyMap<number, Uint8Array>;
}

/** A protobuf message of numbers and bytes; of a field that comes twice the last counts. Null when it is cut or another thing. */
function readFields(message: Uint8Array): Fields | null {
  const numbers = new Map<number, number>();
  const bytes = new Map<number, Uint8Array>();
  let position = 0;
  const varint = (): number | null => {
    let value = 0;
    // Five bytes hold 32 bits, and no field of ours is larger. Multiplied and not shifted: a shift would give negative numbers.
    for (let index = 0; index < 5; index++) {
      const byte = message[position++];
      if (byte === undefined) return null;
      value += (byte & 0x7f) * 2 ** (7 * index);
      if (byte < 0x80) return value;
    }
    return null;
  };
  while (position < message.length) {
    const tag = varint();
    const value = varint();
    if (tag === null || value === null) return null;
    const field = Math.floor(tag / 8);
    switch (tag % 8) {
      case 0:
        numbers.set(field, value);
        break;
      case 2:
        if (position + value > message.length) return null;
        bytes.set(field, message.subarray(position, position + value));
        position += value;
        break;
      default:
        return null;
    }
  }
  return { numbers, bytes };
}
