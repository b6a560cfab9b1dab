// Making pictures small enough to send, and encoding them as binary messages. PROTOCOL.md has the
// format.

const MAX_SIZE = 256 * 1024; // bytes
// Lengths of the longer edge, in pixels. The first one that gives a small enough file is used.
const EDGES = [1600, 1280, 1024, 800, 640, 480, 320];
const QUALITY = 0.82;

// Redraws the picture of a file: that makes it smaller, and removes what cameras store with it,
// like the place. A small GIF stays as it is, as it may be animated. Fails if the file is not a
// picture.
export async function shrink(file) {
  if (file.type === 'image/gif' && file.size <= MAX_SIZE) return file;
  const bitmap = await createImageBitmap(file);
  try {
    for (const edge of EDGES) {
      const blob = await draw(bitmap, edge);
      if (blob.size <= MAX_SIZE) return blob;
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
  // This browser cannot write WebP. JPEG has no transparency, so the background becomes white.
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

// A binary message: the length of the header, the header as JSON, and the picture.
export function encode(header, blob) {
  const json = new TextEncoder().encode(JSON.stringify(header));
  return new Blob([new Uint8Array([json.length >> 8, json.length & 255]), json, blob]);
}

// The header of a binary message, with the picture as its `blob`.
export function decode(buffer) {
  const length = new DataView(buffer).getUint16(0);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 2, length)));
  return { ...header, blob: new Blob([new Uint8Array(buffer, 2 + length)], { type: header.media }) };
}
