// SPDX-License-Identifier: GPL-3.0-or-later
//
// All of LibTorch that this folder uses, in one place (and one precompiled header); what differs between versions is
// evened out here. For .cpp files of io/backend only.
#pragma once

// Names of LibTorch that are macros of Qt, which a test may have included before.
#pragma push_macro("slots")
#pragma push_macro("signals")
#pragma push_macro("emit")
#pragma push_macro("foreach")
#undef slots
#undef signals
#undef emit
#undef foreach

#include <ATen/ATen.h>
#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <c10/core/Event.h>
#include <c10/core/InferenceMode.h>
#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <torch/version.h>

#pragma pop_macro("foreach")
#pragma pop_macro("emit")
#pragma pop_macro("signals")
#pragma pop_macro("slots")

#define ES_TORCH_AT_LEAST(major, minor)                                                                                \
    (TORCH_VERSION_MAJOR > (major) || (TORCH_VERSION_MAJOR == (major) && TORCH_VERSION_MINOR >= (minor)))

namespace expertscope {

/// softmax(q k^T * scale) v; q [B, heads, L, D], k and v with as many or fewer heads; v may be narrower.
inline at::Tensor sdpa(
    const at::Tensor& q, at::Tensor k, at::Tensor v, const at::Tensor& mask, bool causal, double scale)
{
    // The fast kernels of a GPU want all heads equally wide.
    if (const auto width = v.size(-1); q.is_cuda() && width < q.size(-1))
        return sdpa(q, k, at::constant_pad_nd(v, {0, q.size(-1) - width}), mask, causal, scale).narrow(-1, 0, width);
    const bool grouped = q.size(1) != k.size(1);
#if ES_TORCH_AT_LEAST(2, 5)
    return at::scaled_dot_product_attention(
        q, k, v, mask.defined() ? std::optional<at::Tensor>(mask) : std::nullopt, 0.0, causal, scale, grouped);
#else
    if (grouped) {
        k = k.repeat_interleave(q.size(1) / k.size(1), 1);
        v = v.repeat_interleave(q.size(1) / v.size(1), 1);
    }
    return at::scaled_dot_product_attention(
        q, k, v, mask.defined() ? c10::optional<at::Tensor>(mask) : c10::nullopt, 0.0, causal, scale);
#endif
}

}
