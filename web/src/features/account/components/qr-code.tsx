/** Drawn in this page alone: the secret in it goes nowhere else. */
import { QRCodeSVG } from "qrcode.react";

export function QrCode({ value, title }: { value: string; title: string }) {
  return <QRCodeSVG value={value} size={200} marginSize={3} level="M" title={title} role="img" aria-label={title} />;
}
