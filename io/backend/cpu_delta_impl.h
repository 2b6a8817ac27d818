// SPDX-License-Identifier: GPL-3.0-or-later
//
// Part of cpu_kernels_impl.h, inside its namespace: convolutions over the last tokens and the delta rule.
//
// The columns of a state do not know of each other: so few of them are taken at a time that they stay in the first cache,
// and the recurrence is done token by token as it is defined. Chunks of tokens as matrix products, the way of GPUs, would
// take half as many operations again.

void activateAll(int activation, float* x, int64_t n)
{
    int64_t i = 0;
    if (activation == 0) {
        for (; i + kLanes <= n; i += kLanes) {
            const Vec v = load(x + i);
            store(x + i, v / (1.0f + exponential(-v)));
        }
    }
    for (; i < n; ++i)
        x[i] = activate(activation, x[i]);
}

void multiply(float* y, const float* x, int64_t n)
{
    int64_t i = 0;
    for (; i + kLanes <= n; i += kLanes)
        store(y + i, load(y + i) * load(x + i));
    for (; i < n; ++i)
        y[i] *= x[i];
}

void multiplySigmoid(float* y, const float* x, int64_t n)
{
    int64_t i = 0;
    for (; i + kLanes <= n; i += kLanes)
        store(y + i, load(y + i) / (1.0f + exponential(-load(x + i))));
    for (; i < n; ++i)
        y[i] *= sigmoid(x[i]);
}

void multiplySilu(float* y, const float* x, int64_t n)
{
    int64_t i = 0;
    for (; i + kLanes <= n; i += kLanes) {
        const Vec v = load(x + i);
        store(y + i, load(y + i) * (v / (1.0f + exponential(-v))));
    }
    for (; i < n; ++i)
        y[i] *= x[i] * sigmoid(x[i]);
}

void convolve(const float* x, int64_t stride, const float* kernel, int64_t taps, int64_t seen, const float* bias,
    float* out, int64_t n)
{
    int64_t i = 0;
    for (; i + kLanes <= n; i += kLanes) {
        Vec sum = bias ? load(bias + i) : Vec{};
        for (int64_t j = seen - 1; j >= 0; --j)
            sum += load(kernel + (taps - 1 - j) * n + i) * load(x - j * stride + i);
        store(out + i, sum);
    }
    for (; i < n; ++i) {
        float sum = bias ? bias[i] : 0.0f;
        for (int64_t j = seen - 1; j >= 0; --j)
            sum += kernel[(taps - 1 - j) * n + i] * x[i - j * stride];
        out[i] = sum;
    }
}

constexpr int64_t kDeltaVecs = ES_LANES == 16 ? 2 : 4;
constexpr int64_t kDeltaColumns = kDeltaVecs * kLanes;
constexpr int64_t kDeltaRows = 4; // that are summed apart, or each sum would wait for the one before

// softplus(x) = max(x, 0) + log(1 + y), y = exp(-|x|) in (0, 1]: with s = y / (2 + y) at most 1/3,
// log(1 + y) = 2 (s + s^3 / 3 + s^5 / 5 + …), of which what is left out is below 1e-8.
void decays(const float* x, const float* bias, float rate, float* out, int64_t n)
{
    const auto of = [rate](Vec v) {
        const Vec y = exponential(-vmax(v, -v));
        const Vec s = y / (y + 2.0f), t = s * s;
        Vec p = splat(1.0f / 15) * t + 1.0f / 13;
        p = p * t + 1.0f / 11;
        p = p * t + 1.0f / 9;
        p = p * t + 1.0f / 7;
        p = p * t + 1.0f / 5;
        p = p * t + 1.0f / 3;
        p = p * t + 1.0f;
        return exponential((vmax(v, Vec{}) + 2.0f * s * p) * -rate);
    };
    int64_t i = 0;
    for (; i + kLanes <= n; i += kLanes)
        store(out + i, of(load(x + i) + load(bias + i)));
    for (; i < n; ++i)
        out[i] = of(splat(x[i] + bias[i]))[0];
}

// Of one token: what the decayed state recalls of the key, N vectors wide. decay: one, or one a row.
template <int64_t N, bool ByRow>
inline void recall(const float* state, const float* k, int64_t keyDim, const float* decay, Vec* sum)
{
    Vec part[kDeltaRows][N]{};
    int64_t i = 0;
    for (; i + kDeltaRows <= keyDim; i += kDeltaRows) {
        for (int64_t r = 0; r < kDeltaRows; ++r) {
            const Vec key = splat(ByRow ? k[i + r] * decay[i + r] : k[i + r]);
            for (int64_t c = 0; c < N; ++c)
                part[r][c] += load(state + (i + r) * kDeltaColumns + c * kLanes) * key;
        }
    }
    for (; i < keyDim; ++i) {
        for (int64_t c = 0; c < N; ++c)
            part[0][c] += load(state + i * kDeltaColumns + c * kLanes) * splat(ByRow ? k[i] * decay[i] : k[i]);
    }
    for (int64_t c = 0; c < N; ++c)
        sum[c] = ((part[0][c] + part[1][c]) + (part[2][c] + part[3][c])) * (ByRow ? 1.0f : decay[0]);
}

// … state = decay state + k change^T, and what that gives for the query.
template <int64_t N, bool ByRow>
inline void learn(
    float* state, const float* k, const float* q, int64_t keyDim, const float* decay, const Vec* change, Vec* sum)
{
    constexpr int64_t kParts = N > 2 ? 1 : 2; // as many as the registers hold
    Vec part[2][N]{};
    const Vec all = splat(decay[0]);
    int64_t i = 0;
    const auto row = [&](int64_t at, Vec* into) {
        const Vec kept = ByRow ? splat(decay[at]) : all;
        const Vec key = splat(k[at]), query = splat(q[at]);
        for (int64_t c = 0; c < N; ++c) {
            float* cell = state + at * kDeltaColumns + c * kLanes;
            const Vec s = load(cell) * kept + key * change[c];
            store(cell, s);
            into[c] += s * query;
        }
    };
    for (; i + kParts <= keyDim; i += kParts) {
        for (int64_t r = 0; r < kParts; ++r)
            row(i + r, part[r]);
    }
    for (; i < keyDim; ++i)
        row(i, part[0]);
    for (int64_t c = 0; c < N; ++c)
        sum[c] = part[0][c] + part[1][c];
}

template <int64_t N, bool ByRow> void deltaTile(const DeltaTask& t)
{
    float row[kDeltaColumns];
    const bool whole = t.width == N * kLanes;
    for (int64_t c = 0; c < kDeltaColumns; ++c)
        row[c] = 0;
    for (int64_t token = 0; token < t.tokens; ++token) {
        const float* q = t.q + token * t.keyStride;
        const float* k = t.k + token * t.keyStride;
        const float* v = t.v + token * t.valueStride;
        const float* decay = t.decay + token * t.decayStride;
        const float rate = t.rate[token * t.rateStride];
        if (!whole) {
            for (int64_t c = 0; c < t.width; ++c)
                row[c] = v[c];
            v = row;
        }
        Vec recalled[N], change[N], out[N];
        if (t.recalls) {
            recall<N, ByRow>(t.state, k, t.keyDim, decay, recalled);
        } else {
            for (int64_t c = 0; c < N; ++c)
                recalled[c] = Vec{};
        }
        for (int64_t c = 0; c < N; ++c)
            change[c] = (load(v + c * kLanes) - recalled[c]) * rate;
        learn<N, ByRow>(t.state, k, q, t.keyDim, decay, change, out);
        float* target = t.out + token * t.outStride;
        for (int64_t c = 0; c < N; ++c)
            store((whole ? target : row) + c * kLanes, out[c]);
        for (int64_t c = 0; c < t.width && !whole; ++c)
            target[c] = row[c];
    }
}

template <bool ByRow> void deltaOf(const DeltaTask& t)
{
    const int64_t vecs = roundUp(t.width, kLanes) / kLanes;
    if (vecs <= 1)
        deltaTile<1, ByRow>(t);
    else if (vecs <= 2)
        deltaTile<2, ByRow>(t);
    else
        deltaTile<kDeltaVecs, ByRow>(t);
}

void deltaRule(const DeltaTask& t)
{
    if (t.byChannel)
        deltaOf<true>(t);
    else
        deltaOf<false>(t);
}
