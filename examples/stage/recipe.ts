import type { Script } from './playedModel.ts';

const soup = {
  title: 'Onion soup',
  servings: 4,
  ingredients: [
    { amount: '1 kg', name: 'onions' },
    { amount: '50 g', name: 'butter' },
    { amount: '1.5 l', name: 'vegetable stock' },
    { amount: '4 slices', name: 'old bread' },
    { amount: '150 g', name: 'Gruyère' },
  ],
  steps: [
    'Cut the onions into thin rings.',
    'Let them turn brown in the butter, slowly: that takes forty minutes.',
    'Add the stock and let it simmer for half an hour.',
    'Put bread and cheese on top and gratinate it.',
  ],
};

/** A model that writes down a recipe as JSON. */
export const script: Script = () => ({ text: JSON.stringify(soup) });
