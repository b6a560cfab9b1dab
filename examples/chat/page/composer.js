// Where messages are made: the text box, and pictures from a file, the clipboard or dropped.
import { shrink } from './picture.js';

const form = document.getElementById('composer');
const text = document.getElementById('text');
const file = document.getElementById('file');
const choose = document.getElementById('choose');
const room = document.getElementById('room');
const dialog = document.getElementById('describe');
const preview = document.getElementById('preview');
const alt = document.getElementById('alt');

// Calls `say(text)`, `show(alt, blob)` and, when a file is of no use, `complain(why)`.
export function compose({ say, show, complain }) {
  const offer = async (picture) => {
    try {
      describe(await shrink(picture), show);
    } catch {
      complain('This file is no picture that can be sent.');
    }
  };
  takeText(say);
  takeFiles(offer);
  takePasted(offer);
  takeDropped(offer);
}

function takeText(say) {
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    if (text.value.trim()) say(text.value.trimEnd());
    text.value = '';
    text.focus();
  });
  text.addEventListener('keydown', (event) => {
    // Behind `isComposing`, Enter chooses a word of an input method.
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    form.requestSubmit();
  });
}

function takeFiles(offer) {
  choose.addEventListener('click', () => file.click());
  file.addEventListener('change', () => {
    if (file.files.length > 0) offer(file.files[0]);
    file.value = ''; // so that the same file can be chosen again
  });
}

function takePasted(offer) {
  text.addEventListener('paste', (event) => {
    const picture = pictureIn(event.clipboardData);
    if (!picture) return;
    event.preventDefault();
    offer(picture);
  });
}

// On the whole page: a file that is dropped beside the room would take the page's place.
function takeDropped(offer) {
  const holdsFiles = (event) => event.dataTransfer.types.includes('Files');
  document.addEventListener('dragover', (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    room.classList.add('dropping');
  });
  document.addEventListener('dragleave', (event) => {
    if (!event.relatedTarget) room.classList.remove('dropping');
  });
  document.addEventListener('drop', (event) => {
    room.classList.remove('dropping');
    if (!holdsFiles(event)) return;
    event.preventDefault();
    offer(event.dataTransfer.files[0]);
  });
}

function pictureIn(data) {
  return [...data.files].find(({ type }) => type.startsWith('image/'));
}

// Asks for words before the picture goes. Meanwhile another may have come, or the reader left.
function describe(blob, show) {
  if (dialog.open || room.hidden) return;
  const address = URL.createObjectURL(blob);
  preview.src = address;
  alt.value = '';
  dialog.querySelector('form').onsubmit = (event) => {
    event.preventDefault();
    dialog.close();
    show(alt.value.trim(), blob);
    text.focus();
  };
  dialog.onclose = () => URL.revokeObjectURL(address);
  dialog.showModal();
}

document.getElementById('set-aside').addEventListener('click', () => dialog.close());
