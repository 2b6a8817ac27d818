# SPDX-License-Identifier: GPL-3.0-or-later
"""Muon (K. Jordan 2024): momentum, orthogonalised by a Newton-Schulz iteration, for stacks of matrices [n, rows, columns]."""
import torch


def orthogonalise(m, steps=5):
    """The quintic iteration with Jordan's coefficients: singular values end between about 0.7 and 1.2."""
    a, b, c = 3.4445, -4.7750, 2.0315
    wide = m.shape[-2] <= m.shape[-1]
    x = m if wide else m.transpose(-1, -2)
    x = x / (x.flatten(-2).norm(dim=-1)[..., None, None] + 1e-7)
    for _ in range(steps):
        s = x @ x.transpose(-1, -2)
        x = a * x + (b * s + c * (s @ s)) @ x
    return x if wide else x.transpose(-1, -2)


class Muon(torch.optim.Optimizer):
    """Updates are scaled by 0.2 sqrt(max(rows, columns)) (arXiv 2502.16982), so their size is that of AdamW at the same rate."""

    def __init__(self, params, lr, momentum=0.95, weight_decay=0.0):
        super().__init__(params, dict(lr=lr, momentum=momentum, weight_decay=weight_decay))

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is None:
                    continue
                state = self.state[p]
                if "momentum" not in state:
                    state["momentum"] = torch.zeros_like(p)
                momentum = state["momentum"].lerp_(p.grad, 1 - group["momentum"])
                m = p.grad.lerp(momentum, group["momentum"])  # Nesterov
                # gate and up of an expert lie in one tensor [E, 2F, H] but are two matrices
                halves = 2 if group.get("halves") else 1
                m = m.reshape(-1, p.shape[-2] // halves, p.shape[-1])
                update = orthogonalise(m).reshape(p.shape)
                p.mul_(1 - group["lr"] * group["weight_decay"])
                p.add_(update, alpha=-group["lr"] * 0.2 * max(m.shape[-2:]) ** 0.5)
