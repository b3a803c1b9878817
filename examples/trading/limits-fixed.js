// What an order must satisfy before it is placed.

export function checkLimits(order, { task, price }) {
  if (!(order.quantity > 0)) {
    return { allowed: false, reason: 'the quantity must be positive' };
  }
  const asked = Number(/\$([\d,]+)/.exec(task)?.[1].replaceAll(',', ''));
  const worth = order.quantity * price;
  if (!(worth <= asked)) {
    return { allowed: false, reason: `worth $${worth}, not $${asked}` };
  }
  return { allowed: true };
}
