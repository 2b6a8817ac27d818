# SPDX-License-Identifier: GPL-3.0-or-later
"""The bundled model: its shape, and a faster training forward for the same transformers modules.

`create` returns an ordinary Qwen3MoeForCausalLM; `accelerate` replaces forwards of its modules in place (experts: one sort and
one product per expert instead of a mask per expert; norms, rotary embedding and activation compiled), and `loss_of` never
holds the logits of a batch at once. Weights and results stay those of the plain model: `train.py --check` compares both.
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
    return Qwen3MoeForCausalLM(Qwen3MoeConfig(**SHAPE, dtype=torch.float32)).float()


@torch.compile(dynamic=False)
def _rms(x, weight):
    return weight * (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6))


@torch.compile(dynamic=False)
def _rotate(x, cos, sin):
    a, b = x.chunk(2, -1)
    return x * cos + torch.cat((-b, a), -1) * sin


@torch.compile(dynamic=False)
def _swiglu(gate_up):
    gate, up = gate_up.chunk(2, -1)
    return F.silu(gate) * up


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


class _CrossEntropy(torch.autograd.Function):
    """Mean cross entropy of h @ W^T, 1024 rows at a time; the products in `dtype`, softmax in fp32."""

    @staticmethod
    def forward(ctx, h, w, target, dtype):
        hd, wd, n = h.to(dtype), w.to(dtype), len(target)
        gh, gw, loss = torch.empty_like(h), torch.zeros_like(w), 0.0
        for a in range(0, n, 1024):
            logits = (hd[a : a + 1024] @ wd.t()).float()
            t = target[a : a + 1024, None]
            lse = logits.logsumexp(-1, keepdim=True)
            loss = loss + (lse - logits.gather(1, t)).sum()
            p = logits.sub_(lse).exp_()
            p.scatter_add_(1, t, torch.full(t.shape, -1.0))
            p = p.to(dtype)
            gh[a : a + 1024] = p @ wd
            gw += p.t() @ hd[a : a + 1024]
        ctx.save_for_backward(gh.div_(n), gw.div_(n))
        return loss / n

    @staticmethod
    def backward(ctx, g):
        gh, gw = ctx.saved_tensors
        return g * gh, g * gw, None, None


def _norm_forward(self, x):
    return _rms(x, self.weight)


def _attention_forward(self, hidden_states, position_embeddings, attention_mask=None, **kwargs):
    b, t, _ = hidden_states.shape
    cos, sin = (x[:1, :, None, :] for x in position_embeddings)
    q, k, v = (p(hidden_states).view(b, t, -1, self.head_dim) for p in (self.q_proj, self.k_proj, self.v_proj))
    q, k = _rotate(self.q_norm(q), cos, sin), _rotate(self.k_norm(k), cos, sin)
    q, k, v = (x.transpose(1, 2) for x in (q, k, v))
    y = F.scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=True)
    return self.o_proj(y.transpose(1, 2).reshape(b, t, -1)), None


def _experts_forward(self, hidden_states, top_k_index, top_k_weights):
    tokens, k = top_k_index.shape
    flat = top_k_index.reshape(-1)
    order = torch.argsort(flat, stable=True)
    ends = torch.bincount(flat, minlength=self.num_experts).cumsum(0).tolist()
    bounds = list(zip([0] + ends[:-1], ends))
    token = order // k
    x = hidden_states.index_select(0, token)
    y = _GroupedLinear.apply(_swiglu(_GroupedLinear.apply(x, self.gate_up_proj, bounds)), self.down_proj, bounds)
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
    def put(module, function):
        module.forward = function.__get__(module)

    put(model.model.norm, _norm_forward)
    for layer in model.model.layers:
        for norm in (layer.input_layernorm, layer.post_attention_layernorm, layer.self_attn.q_norm, layer.self_attn.k_norm):
            put(norm, _norm_forward)
        put(layer.self_attn, _attention_forward)
        put(layer.mlp.gate, _gate_forward)
        put(layer.mlp.experts, _experts_forward)
    return model


def loss_of(model, ids, dtype=torch.float32):
    """Mean next-token loss of windows ids [windows, length + 1]."""
    hidden = model.model(ids[:, :-1], use_cache=False).last_hidden_state
    return _CrossEntropy.apply(hidden.flatten(0, 1), model.lm_head.weight, ids[:, 1:].flatten(), dtype)


def save(model, folder):
    """A loadable Hugging Face folder in bf16 (weights only; the tokenizer is copied by the caller)."""
    copy = create(0)
    copy.load_state_dict(model.state_dict())
    copy.to(torch.bfloat16).save_pretrained(folder, max_shard_size="1GB")
