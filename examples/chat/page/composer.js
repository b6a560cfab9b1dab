// Composing messages: text in the box, and pictures that are chosen, pasted or dropped.
import { shrink } from './picture.js';

const form = document.getElementById('composer');
const text = document.getElementById('text');
const file = document.getElementById('file');
const choose = document.getElementById('choose');
const room = document.getElementById('room');
const dialog = document.getElementById('describe');
const preview = document.getElementById('preview');
const alt = document.getElementById('alt');

// Calls `sendText(text)` and `sendPicture(alt, blob)`, and `showNotice(text)` when a file cannot be
// sent.
export function compose({ sendText, sendPicture, showNotice }) {
  const offer = async (picture) => {
    try {
      describe(await shrink(picture), sendPicture);
    } catch {
      showNotice('This file is no picture that can be sent.');
    }
  };
  listenForText(sendText);
  listenForFiles(offer);
  listenForPaste(offer);
  listenForDrop(offer);
}

function listenForText(sendText) {
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    if (text.value.trim()) sendText(text.value.trimEnd());
    text.value = '';
    text.focus();
  });
  text.addEventListener('keydown', (event) => {
    // While an input method is composing, Enter chooses a word.
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    form.requestSubmit();
  });
}

function listenForFiles(offer) {
  choose.addEventListener('click', () => file.click());
  file.addEventListener('change', () => {
    if (file.files.length > 0) offer(file.files[0]);
    file.value = ''; // so that the same file can be chosen again
  });
}

function listenForPaste(offer) {
  text.addEventListener('paste', (event) => {
    const picture = findPicture(event.clipboardData);
    if (!picture) return;
    event.preventDefault();
    offer(picture);
  });
}

// Listens on the whole page, because the browser would leave the page to show a file that is
// dropped elsewhere on it.
function listenForDrop(offer) {
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

function findPicture(data) {
  return [...data.files].find(({ type }) => type.startsWith('image/'));
}

// Asks for a description, and then sends the picture. While the picture was being made smaller, the
// dialog may have been opened for another one, or the person may have left the room.
function describe(blob, sendPicture) {
  if (dialog.open || room.hidden) return;
  const address = URL.createObjectURL(blob);
  preview.src = address;
  alt.value = '';
  dialog.querySelector('form').onsubmit = (event) => {
    event.preventDefault();
    dialog.close();
    sendPicture(alt.value.trim(), blob);
    text.focus();
  };
  dialog.onclose = () => URL.revokeObjectURL(address);
  dialog.showModal();
}

document.getElementById('cancel-picture').addEventListener('click', () => dialog.close());
