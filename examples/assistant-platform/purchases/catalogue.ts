/** Products that the assistant can find. A real service would ask its search index. */
import type { Category } from './spending-rules.js';

export interface Product {
  readonly id: string;
  readonly name: string;
  readonly category: Category;
  /** Price in euros. */
  readonly price: number;
  readonly description: string;
}

export const CATALOGUE: readonly Product[] = [
  {
    id: 'k-10',
    name: 'Steel kettle',
    category: 'household',
    price: 39.9,
    description: 'Electric kettle, 1.7 litres',
  },
  {
    id: 'k-20',
    name: 'Glass kettle',
    category: 'household',
    price: 54.5,
    description: 'Kettle with temperature control',
  },
  { id: 't-10', name: 'Toaster', category: 'household', price: 29, description: 'Two slots, defrosts' },
  {
    id: 'h-10',
    name: 'Headphones',
    category: 'electronics',
    price: 129,
    description: 'Wireless, noise cancelling',
  },
  {
    id: 'l-10',
    name: 'Laptop 14',
    category: 'electronics',
    price: 1_199,
    description: 'Light laptop, 16 GB',
  },
  {
    id: 'b-10',
    name: 'Board game',
    category: 'entertainment',
    price: 34.9,
    description: 'For two to five players',
  },
  {
    id: 'r-10',
    name: 'Rail pass',
    category: 'travel',
    price: 249,
    description: 'Seven days of travel by train',
  },
];

/** Products that have all words of the query in their name or description, the cheapest first. */
export function searchProducts(query: string, maxPrice = Number.POSITIVE_INFINITY, limit = 5): Product[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  return CATALOGUE.filter(({ name, description, price }) => {
    const text = `${name} ${description}`.toLowerCase();
    return price <= maxPrice && words.every((word) => text.includes(word));
  })
    .toSorted((a, b) => a.price - b.price)
    .slice(0, limit);
}
