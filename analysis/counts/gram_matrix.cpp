// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/counts/gram_matrix.h"

#include <algorithm>
#include <cmath>

namespace expertscope {

namespace {

constexpr float kScale = 0x1p18f, kLargest = 0x1p10f;

}

GramMatrix::GramMatrix(std::size_t size)
    : m_size(size)
    , m_sums(size * (size + 1) / 2)
{
}

void GramMatrix::add(std::span<const float> values)
{
    const std::size_t before = m_batch.size();
    bool usable = true;
    for (const float value : values) {
        usable &= std::abs(value) <= kLargest; // false for NaN
        const float scaled = (usable ? value : 0) * kScale; // exact
        m_batch.push_back(static_cast<std::int32_t>(scaled + (scaled < 0 ? -0.5 : 0.5)));
    }
    if (!usable) {
        m_batch.resize(before);
        return;
    }
    ++m_tokens;
    if (m_batch.size() == kBatch * m_size)
        flush();
}

void GramMatrix::flush()
{
    if (m_batch.empty())
        return;
    m_batch.resize((m_batch.size() / m_size + 3) / 4 * 4 * m_size); // tokens of zeros add nothing
    std::vector<std::int64_t> products(m_sums.size());
    for (std::size_t t = 0; t < m_batch.size(); t += 4 * m_size) {
        const std::int32_t* const a = &m_batch[t];
        const std::int32_t *const b = a + m_size, *const c = b + m_size, *const d = c + m_size;
        std::int64_t* product = products.data();
        for (std::size_t i = 0; i < m_size; ++i) {
            const std::int64_t ai = a[i], bi = b[i], ci = c[i], di = d[i];
            for (std::size_t j = 0; j <= i; ++j)
                product[j] += ai * a[j] + bi * b[j] + ci * c[j] + di * d[j];
            product += i + 1;
        }
    }
    for (std::size_t i = 0; i < m_sums.size(); ++i)
        m_sums[i] += static_cast<Wide>(products[i]);
    m_batch.clear();
}

void GramMatrix::add(const GramMatrix& other)
{
    for (std::size_t i = 0; i < m_sums.size(); ++i)
        m_sums[i] += other.m_sums[i];
    m_tokens += other.m_tokens;
}

void GramMatrix::persist(Archive& archive)
{
    std::vector<std::uint64_t> low(m_sums.size()), high(m_sums.size());
    for (std::size_t i = 0; i < m_sums.size(); ++i) {
        low[i] = static_cast<std::uint64_t>(m_sums[i]);
        high[i] = static_cast<std::uint64_t>(m_sums[i] >> 64);
    }
    archive(m_tokens);
    archive.fixed(low);
    archive.fixed(high);
    for (std::size_t i = 0; i < m_sums.size(); ++i)
        m_sums[i] = static_cast<Wide>(high[i]) << 64 | low[i];
}

double GramMatrix::at(std::size_t i, std::size_t j) const
{
    __extension__ using Signed = __int128;
    const Wide sum = m_sums[place(std::max(i, j), std::min(i, j))];
    return static_cast<double>(static_cast<Signed>(sum)) / (double(kScale) * double(kScale));
}

double GramMatrix::cosine(std::size_t i, std::size_t j) const
{
    const double norms = std::sqrt(at(i, i)) * std::sqrt(at(j, j));
    return norms > 0 ? std::clamp(at(i, j) / norms, -1.0, 1.0) : std::nan("");
}

}
