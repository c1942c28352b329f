import { behavesAsProvider } from '../../../providers/contract.ts';
import { parrotWire } from './wires/parrot.ts';

behavesAsProvider(parrotWire);
