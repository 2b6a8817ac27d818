# SPDX-License-Identifier: GPL-3.0-or-later
"""The bundled model: its shape, and a faster training forward for the same transformers modules.

`create` returns an ordinary Qwen3MoeForCausalLM; `accelerate` replaces two of its forwards in place (experts: one sort and
one product per expert instead of a mask per expert; router: keeps its probabilities for the balance loss), so weights and results stay those of the
plain model. `train.py --check` compares both.
"""
import torch
import torch.nn.functional as F
from transformers import Qwen3MoeConfig, Qwen3MoeForCausalLM

SHAPE = dict(
    vocab_size=4096, hidden_size=192, num_hidden_layers=6, num_attention_heads=6, num_key_value_heads=2, head_dim=32,
    num_experts=32, num_experts_per_tok=4, moe_intermediate_size=48, intermediate_size=512, decoder_sparse_step=1, mlp_only_layers=[],
    norm_topk_prob=True, hidden_act="silu", max_position_embeddings=1024, rope_parameters={"rope_type": "default", "rope_theta": 10000.0},
    rms_norm_eps=1e-6, tie_word_embeddings=True, attention_bias=False, attention_dropout=0.0, use_sliding_window=False,
    initializer_range=0.02, bos_token_id=None, eos_token_id=0, pad_token_id=None, router_aux_loss_coef=0.0, output_router_logits=False,
)


def create(seed):
    torch.manual_seed(seed)
    model = Qwen3MoeForCausalLM(Qwen3MoeConfig(**SHAPE, dtype=torch.float32)).float()
    return model


class _GroupedLinear(torch.autograd.Function):
    """rows of x, sorted by expert, times that expert's matrix: y[a:b] = x[a:b] @ W[e]^T."""

    @staticmethod
    def forward(ctx, x, weight, bounds):
        y = x.new_empty(x.shape[0], weight.shape[1])
        for e, (a, b) in enumerate(bounds):
            if b > a:
                torch.mm(x[a:b], weight[e].t(), out=y[a:b])
        ctx.save_for_backward(x, weight)
        ctx.bounds = bounds
        return y

    @staticmethod
    def backward(ctx, g):
        x, w = ctx.saved_tensors
        g = g.contiguous()
        gx, gw = torch.empty_like(x), torch.zeros_like(w)
        for e, (a, b) in enumerate(ctx.bounds):
            if b > a:
                torch.mm(g[a:b], w[e], out=gx[a:b])
                torch.mm(g[a:b].t(), x[a:b], out=gw[e])
        return gx, gw, None


def _experts_forward(self, hidden_states, top_k_index, top_k_weights):
    tokens, k = top_k_index.shape
    flat = top_k_index.reshape(-1)
    order = torch.argsort(flat, stable=True)
    ends = torch.bincount(flat, minlength=self.num_experts).cumsum(0).tolist()
    bounds = list(zip([0] + ends[:-1], ends))
    token = order // k
    x = hidden_states.index_select(0, token)
    gate, up = _GroupedLinear.apply(x, self.gate_up_proj, bounds).chunk(2, dim=-1)
    y = _GroupedLinear.apply(F.silu(gate) * up, self.down_proj, bounds)
    y = y * top_k_weights.reshape(-1)[order, None]
    return torch.zeros_like(hidden_states).index_add(0, token, y)


def _gate_forward(self, hidden_states):
    logits = F.linear(hidden_states.reshape(-1, self.hidden_dim), self.weight)
    probabilities = logits.softmax(-1)
    top, index = probabilities.topk(self.top_k, dim=-1)
    top = top / top.sum(-1, keepdim=True)
    self.last = probabilities, index  # for the balance loss
    return logits, top, index


def accelerate(model):
    for layer in model.model.layers:
        layer.mlp.gate.forward = _gate_forward.__get__(layer.mlp.gate)
        layer.mlp.experts.forward = _experts_forward.__get__(layer.mlp.experts)
    return model


def save(model, folder):
    """A loadable Hugging Face folder in bf16 (weights only; the tokenizer is copied by the caller)."""
    copy = create(0)
    copy.load_state_dict(model.state_dict())
    copy.to(torch.bfloat16).save_pretrained(folder, max_shard_size="1GB")
