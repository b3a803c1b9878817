// What an order must satisfy before it is placed.

export function checkLimits(order) {
  if (!(order.quantity > 0)) {
    return { allowed: false, reason: 'the quantity must be positive' };
  }
  return { allowed: true };
}
