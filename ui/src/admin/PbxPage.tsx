export function PbxPage() { return null; }
