/** A file that came as an answer: saved, or given to the printer. */

const FORGET_MS = 60_000;

export function saveFile(file: Blob, name: string): void {
  const address = URL.createObjectURL(file);
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  window.setTimeout(() => URL.revokeObjectURL(address), FORGET_MS);
}

/** Opens the printer's dialog over the page. Where the browser shows no PDF of its own, the file opens in a tab to be printed from there. */
export function printFile(file: Blob): void {
  const address = URL.createObjectURL(file);
  const frame = document.createElement('iframe');
  frame.style.position = 'fixed';
  frame.style.width = '0';
  frame.style.height = '0';
  frame.style.border = '0';
  frame.onload = () => {
    try {
      frame.contentWindow?.focus();
      frame.contentWindow?.print();
    } catch {
      window.open(address, '_blank', 'noopener');
    }
  };
  frame.src = address;
  document.body.append(frame);
  window.setTimeout(() => { frame.remove(); URL.revokeObjectURL(address); }, FORGET_MS);
}
