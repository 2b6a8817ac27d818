// SPDX-License-Identifier: GPL-3.0-or-later
//
// How many of N tokens have both of two marks, n of them the one and m the other, when the marks know nothing of each
// other: the hypergeometric law, that of one of them dealt out anew among the tokens. Safe from several threads.
#pragma once

namespace expertscope {

class IndependentMarks
{
public:
    /// Real numbers, where they are means; 0 <= n, m <= N.
    IndependentMarks(double N, double n, double m);

    double expected() const { return m_expected; } ///< n m / N
    double sd() const;
    /// (count - expected) / sd; NaN when nothing can vary.
    double z(double count) const;
    /// Mean of |count - expected|, exact for whole numbers (De Moivre's identity; Diaconis and Zabell 1991).
    double meanDeviation() const;

    /// Of counts >= `least`: their probability, and the means of count, of its square, 0 elsewhere.
    struct Tail
    {
        double probability = 0, count = 0, square = 0;
    };
    Tail tail(double least) const;

private:
    double probability(double count) const;

    double m_tokens, m_first, m_second, m_expected;
};

}
