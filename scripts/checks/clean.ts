// Removes what earlier builds left, so that a deleted source file can't live on in `dist`.

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { readPackages } from '../lib/packages.ts';

for (const { path } of readPackages()) rmSync(join(path, 'dist'), { recursive: true, force: true });
