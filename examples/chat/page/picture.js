// Pictures: made small enough to be sent, and as binary messages. PROTOCOL.md has the format.

const LARGEST = 256 * 1024; // bytes
const EDGES = [1600, 1280, 1024, 800, 640, 480, 320]; // pixels of the longer edge, the first that fits
const QUALITY = 0.82;

// The picture of a file, drawn anew: smaller, and without what cameras note, like the place. A small GIF
// is kept, as it may move. Fails if the file is no picture.
export async function shrink(file) {
  if (file.type === 'image/gif' && file.size <= LARGEST) return file;
  const bitmap = await createImageBitmap(file);
  try {
    for (const edge of EDGES) {
      const blob = await draw(bitmap, edge);
      if (blob.size <= LARGEST) return blob;
    }
  } finally {
    bitmap.close();
  }
  throw new Error('too large');
}

async function draw(bitmap, edge) {
  const scale = Math.min(1, edge / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement('canvas');
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  const context = canvas.getContext('2d');
  context.imageSmoothingQuality = 'high';
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  const webp = await toBlob(canvas, 'image/webp');
  if (webp.type === 'image/webp') return webp;
  // This browser writes no WebP, and JPEG has no transparency.
  context.globalCompositeOperation = 'destination-over';
  context.fillStyle = '#fff';
  context.fillRect(0, 0, canvas.width, canvas.height);
  return toBlob(canvas, 'image/jpeg');
}

function toBlob(canvas, type) {
  return new Promise((done, failed) => {
    canvas.toBlob((blob) => (blob ? done(blob) : failed(new Error('no memory'))), type, QUALITY);
  });
}

export function encode(head, blob) {
  const json = new TextEncoder().encode(JSON.stringify(head));
  return new Blob([new Uint8Array([json.length >> 8, json.length & 255]), json, blob]);
}

// The object, with the picture as its `blob`.
export function decode(buffer) {
  const length = new DataView(buffer).getUint16(0);
  const head = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 2, length)));
  return { ...head, blob: new Blob([new Uint8Array(buffer, 2 + length)], { type: head.media }) };
}
