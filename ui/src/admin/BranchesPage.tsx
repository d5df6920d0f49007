export function BranchesPage() { return null; }
