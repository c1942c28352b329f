import { behavesAsProvider } from './contract.ts';
import { wires } from './wires.ts';

for (const wire of wires) behavesAsProvider(wire);
