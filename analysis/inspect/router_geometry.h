// SPDX-License-Identifier: GPL-3.0-or-later
//
// How the rows of a router lie to each other. A logit is a row's product with the token's state, so rows that point the
// same way are chosen by the same tokens. Mean pairwise cosine: arXiv 2605.12476.
#pragma once

#include "io/checkpoint/checkpoint.h"

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace expertscope::inspect {

/// Of some numbers, one an expert.
struct Spread
{
    double mean = 0, sd = 0, least = 0, most = 0; ///< sd of all there are, divided by their number
    std::size_t leastAt = 0, mostAt = 0;
};
Spread spreadOf(std::span<const float> values);

struct Pair
{
    std::size_t first = 0, second = 0; ///< first < second
    double cosine = 0;
};

/// How many of the most alike pairs are kept.
inline constexpr std::size_t kAlikePairs = 3;

/// What pairs have in sum, and which stand out.
struct PairCount
{
    double sum = 0, absolute = 0, squares = 0;
    Pair largest;
    std::vector<Pair> alike;

    void add(const Pair& pair);
};

/// Of E rows of H numbers.
struct RowGeometry
{
    std::size_t rows = 0, columns = 0;
    std::string undefined; ///< why there are no norms; empty: there are
    Spread norm;
    std::string undefinedCosines; ///< why there are no cosines; empty: there are
    double meanCosine = 0, meanAbsoluteCosine = 0; ///< over pairs
    Pair largest; ///< the largest |cosine|
    std::vector<Pair> alike; ///< the largest cosines, at most kAlikePairs, largest first
    /// (sum of eigenvalues)^2 / sum of their squares, of the Gram matrix of the rows as unit vectors: E^2 / sum of
    /// cos^2. E where they are orthogonal, 1 where all are one direction.
    double participation = 0;
    std::vector<float> cosines; ///< [E, E]
};
RowGeometry geometryOf(std::span<const float> values, std::size_t rows, std::size_t columns);

struct RouterGeometry
{
    std::size_t layer = 0;
    RowGeometry geometry;
    std::optional<Spread> selectionBias, bias; ///< none: the router has none, or not all are numbers
    std::string undefinedBias; ///< why
};
/// Of the router of a layer that has one. Reads nothing else.
Expected<RouterGeometry> routerGeometry(const Checkpoint& checkpoint, std::size_t layer);

}
