// SPDX-License-Identifier: GPL-3.0-or-later
//
// What the views of the text show, held against what was written into the trace.
#include "tests/support/test_main.h"
#include "tests/support/verify.h"
#include "tests/views/tokens/token_trace.h"
#include "views/charts/chart.h"
#include "views/tokens/data/colour_sample.h"
#include "views/tokens/data/growing_total.h"
#include "views/tokens/data/token_quantity.h"
#include "views/tokens/data/token_search.h"
#include "views/tokens/data/token_words.h"

#include <QRegularExpression>
#include <QSet>
#include <QTemporaryDir>
#include <QTest>

#include <cmath>
#include <random>

using namespace expertscope;
using namespace expertscope::testing;

class TestTokenData : public QObject
{
    Q_OBJECT

    QTemporaryDir m_dir;
    TokenTrace m_trace;
    StudyPtr m_study;

    KeptTokensPtr kept(const Scope& scope = {}) const { return KeptTokens::of(m_study, 0, scope).value(); }
    const NamedTrace& named() const { return m_study->traces()[0]; }
    static Scope germanThatChose()
    {
        Scope scope;
        scope.where = {{"language", "de"}};
        scope.chose = {{SiteIndex(1), ExpertIndex(3)}};
        return scope;
    }
    /// Of the sequences of a scope, by brute force.
    bool keptByHand(const Scope& scope, std::size_t token) const
    {
        const auto s = std::size_t(std::ranges::upper_bound(m_trace.begins, token) - m_trace.begins.begin() - 1);
        for (const LabelFilter& filter : scope.where) {
            if (m_trace.labels[s].at(filter.label) != filter.value)
                return false;
        }
        for (const ExpertAt& at : scope.chose) {
            if (!m_trace.chooses(std::size_t(at.site), token, at.expert.value))
                return false;
        }
        return !scope.tokens || (token >= scope.tokens->begin.value && token < scope.tokens->end.value);
    }
    std::vector<TokenRange> found(const TokenQuery& query, const Scope& scope = {}) const
    {
        std::vector<TokenRange> all;
        const auto done = searchTokens(*kept(scope), query, [&](std::vector<TokenRange> more, double fraction) {
            all.insert(all.end(), more.begin(), more.end());
            return fraction >= 0 && fraction <= 1;
        });
        if (!done)
            qWarning("%s", done.error().message().c_str());
        return all;
    }
    TokenQuery query(const QString& typed, bool regular = false, bool caseMatters = false) const
    {
        return tokenQuery(typed, regular, caseMatters, m_study->shape(), SiteIndex(2)).value();
    }

private slots:
    void initTestCase()
    {
        m_trace = wordTrace();
        const auto study = m_trace.open(m_dir.filePath("words.h5").toStdString());
        VERIFY_OK(study);
        m_study = *study;
    }

    void keptTokensAreThoseOfTheScope()
    {
        Scope range = germanThatChose();
        range.chose.clear();
        range.tokens = TokenRange{TokenIndex(250), TokenIndex(800)};
        for (const Scope& scope : {Scope(), germanThatChose(), range}) {
            const KeptTokensPtr kept = this->kept(scope);
            std::uint64_t count = 0;
            QSet<std::size_t> sequences;
            std::optional<TokenIndex> next, before;
            for (std::size_t t = m_trace.size(); t-- > 0;) {
                const bool in = keptByHand(scope, t);
                QCOMPARE(kept->has(TokenIndex(t)), in);
                count += in;
                if (in) {
                    next = TokenIndex(t);
                    sequences.insert(std::size_t(sequenceOf(m_study->shape(), *next)));
                }
                QCOMPARE(kept->next(TokenIndex(t)), next);
            }
            for (std::size_t t = 0; t < m_trace.size(); ++t) {
                if (keptByHand(scope, t))
                    before = TokenIndex(t);
                QCOMPARE(kept->previous(TokenIndex(t)), before);
            }
            QCOMPARE(kept->numTokens(), count);
            QCOMPARE(kept->numTokens(), m_study->extentOf(0, scope).value().tokens);
            QCOMPARE(kept->sequences().size(), std::size_t(sequences.size()));
            QCOMPARE(kept->leftOut(), 5u - std::uint64_t(sequences.size()));
        }
        Scope none;
        none.tokens = TokenRange{TokenIndex(5), TokenIndex(5)};
        QVERIFY(!KeptTokens::of(m_study, 0, none));
    }

    void piecesShowWhatTheyAre()
    {
        using Kind = ShownPiece::Kind;
        const auto all = [](const std::vector<std::string>& bytes) { return shownPieces(bytes, {}, 0, bytes.size()); };
        const auto plain = all({" fox", "\n", "\t", "  ", "<|endoftext|>", "a\nb", "<s>", "<small"});
        QCOMPARE(plain[0].text, QString(" fox"));
        QVERIFY(plain[0].kind == Kind::Text && plain[0].tip.isEmpty());
        QVERIFY(plain[1].kind == Kind::Blank && plain[1].breaksLine && plain[1].text == QString(kBreakSign));
        QCOMPARE(plain[1].tip, QString("a line break"));
        QVERIFY(plain[2].text == QString(kTabSign) && plain[2].tip == "a tab" && !plain[2].breaksLine);
        QVERIFY(plain[3].text == QString(2, kSpaceSign) && plain[3].tip == "2 blanks");
        QVERIFY(plain[4].kind == Kind::Special && plain[4].text == "<|endoftext|>");
        QVERIFY(plain[5].kind == Kind::Text && plain[5].breaksLine);
        QVERIFY(plain[6].kind == Kind::Special && plain[7].kind == Kind::Text);
        // U+8A9E over two tokens, then a byte of nothing.
        const auto split = all({" \xe8\xaa", "\x9e", "\xff", "x"});
        QVERIFY(split[0].kind == Kind::Part && split[0].text == QString(" ") + QChar(0x8a9e));
        QVERIFY(split[0].tip.contains("20 e8 aa") && split[0].tip.contains(QChar(0x8a9e)));
        QVERIFY(split[1].kind == Kind::Part && split[1].text == QString(kPartSign));
        QVERIFY(split[1].tip.contains(QChar(0x8a9e)));
        QVERIFY(split[2].kind == Kind::Part && split[2].tip == "bytes ff: no text by themselves");
        QVERIFY(split[3].kind == Kind::Text);
        // The same seen from its second half on.
        const auto rest = shownPieces({" \xe8\xaa", "\x9e"}, {}, 1, 1);
        QVERIFY(rest[0].kind == Kind::Part && rest[0].tip.contains(QChar(0x8a9e)));
        const auto ids = shownPieces({}, {7, -1}, 0, 2);
        QVERIFY(ids[0].kind == Kind::Id && ids[0].text == " 7" && ids[1].text == QString(" ") + QChar(0xb7));
        QVERIFY(all({"\x01"})[0].text == QString(kPartSign)); // no token is without any ink
    }

    void joinedTextKnowsItsTokens()
    {
        const JoinedText joined = joinedText({"a", "", "\xe8\xaa",
            "\x9e"
            "b",
            "\xff", "c"});
        QCOMPARE(joined.text, QString("a") + QChar(0x8a9e) + "b" + QChar(QChar::ReplacementCharacter) + "c");
        QCOMPARE(joined.begins, (std::vector<qsizetype>{0, 1, 1, 1, 3, 4, 5}));
        QCOMPARE(joined.ends, (std::vector<qsizetype>{1, 1, 2, 3, 4, 5}));
    }

    void readsWhatWasWritten()
    {
        std::mt19937 random(1);
        for (int i = 0; i < 100; ++i) {
            const auto s = random() % 5;
            const auto length = m_trace.begins[s + 1] - m_trace.begins[s];
            const auto from = random() % length, to = from + 1 + random() % (length - from);
            const TokenRange range{TokenIndex(m_trace.begins[s] + from), TokenIndex(m_trace.begins[s] + to)};
            const TokenTexts texts = readTexts(named(), range).value();
            const SiteIndex site(std::uint16_t(random() % 4));
            const ExpertIndex expert(std::uint16_t(random() % 16));
            const SiteChoices choices = readChoices(named(), site, range).value();
            const ExpertRanks ranks = readRanks(named(), site, expert, range).value();
            const auto whole = shownPieces(m_trace.texts[s], {}, 0, length);
            for (std::size_t t = 0; t < range.size(); ++t) {
                const std::size_t token = range.begin.value + t;
                QCOMPARE(texts.ids[t], m_trace.ids[token]);
                QCOMPARE(texts.pieces[t].text, whole[from + t].text); // also at the edges of what is read
                QCOMPARE(texts.loss[t], m_trace.losses[token]);
                QCOMPARE(choices.entropy[t], m_trace.entropy[std::size_t(site)][token]);
                // By brute force from all logits: the router of this trace has no other scores.
                std::size_t rank = 1;
                const float* const logits = &m_trace.logits[std::size_t(site)][token * 16];
                for (std::uint16_t e = 0; e < 16; ++e)
                    rank += logits[e] > logits[expert.value] || (logits[e] == logits[expert.value] && e < expert.value);
                QCOMPARE(std::size_t(ranks.ranks[t]), rank);
            }
        }
    }

    void colourValuesAreWhatWasRecorded()
    {
        std::mt19937 random(2);
        const std::vector<ExpertIndex> pins{ExpertIndex(3), ExpertIndex(9)};
        int several = 0;
        for (int i = 0; i < 1000; ++i) {
            const std::size_t token = random() % m_trace.size(), site = random() % 4;
            const TokenRange one{TokenIndex(token), TokenIndex(token + 1)};
            const TokenTexts texts = readTexts(named(), one).value();
            const SiteChoices choices = readChoices(named(), SiteIndex(std::uint16_t(site)), one).value();
            const auto value = [&](const char* quantity) {
                return tokenValue(quantity, &texts, &choices, nullptr, pins, 0);
            };
            QCOMPARE(value(kFirstChoice), float(m_trace.expert(site, token, 0)));
            QCOMPARE(value(kWeight), m_trace.weights[site][token * 3]);
            QCOMPARE(value(kMargin), m_trace.margin[site][token]);
            QCOMPARE(value(kEntropy), m_trace.entropy[site][token]);
            QCOMPARE(value(kLoss), m_trace.losses[token]);
            const bool a = m_trace.chooses(site, token, 3), b = m_trace.chooses(site, token, 9);
            QCOMPARE(value(kPinned), a && b ? 3.f : b ? 2.f : a ? 1.f : 0.f);
            several += a && b;
        }
        QVERIFY(several > 0);
    }

    void sampleIsTheCountOfAllTokens()
    {
        for (const Scope& scope : {Scope(), germanThatChose()}) {
            const auto sample = sampleColours(*kept(scope), {SiteIndex(1), SiteIndex(3)}, kEntropy, {}).value();
            QVERIFY(sample->all);
            std::uint64_t tokens = 0;
            for (const std::uint16_t site : {1, 3}) {
                std::vector<std::uint64_t> counts(16);
                tokens = 0;
                for (std::size_t t = 0; t < m_trace.size(); ++t) {
                    if (keptByHand(scope, t)) {
                        ++counts[m_trace.expert(site, t, 0)];
                        ++tokens;
                    }
                }
                QCOMPARE(sample->firstChoices.at(SiteIndex(site)), counts);
            }
            QCOMPARE(sample->tokens, tokens);
            QVERIFY(sample->least < 0.1 && sample->largest > 2.8 && sample->largest <= 3);
        }
    }

    void pinnedExpertsAlwaysHaveAHue()
    {
        const auto sample = sampleColours(*kept(), {SiteIndex(1)}, kFirstChoice, {}).value();
        const auto frequent = sample->mostFrequent(SiteIndex(1));
        ColourQuestion question;
        question.site = SiteIndex(1);
        const auto hues = [&] {
            return tokenColours(question, sample.get(), named().summary, m_study->shape())
                .sites.at(SiteIndex(1))
                .categories;
        };
        const Categories without = hues();
        for (std::size_t i = 0; i < 7; ++i)
            QCOMPARE(without.colourOf(frequent[i]), int(i));
        QCOMPARE(without.colourOf(frequent[12]), int(Categories::kRest));
        question.pins[SiteIndex(1)] = {ExpertIndex(frequent[12]), ExpertIndex(frequent[0]), ExpertIndex(frequent[14])};
        const Categories with = hues();
        QSet<int> seen;
        for (const ExpertIndex pin : question.pins[SiteIndex(1)]) {
            QVERIFY(with.colourOf(pin.value) >= 0);
            seen.insert(with.colourOf(pin.value));
        }
        QCOMPARE(seen.size(), qsizetype(3));
        for (std::size_t i = 0; i < 5; ++i) // the others keep theirs
            QCOMPARE(with.colourOf(frequent[i]), int(i));
        question.pins[SiteIndex(1)].clear();
        for (std::uint16_t e = 0; e < 12; ++e)
            question.pins[SiteIndex(1)].push_back(ExpertIndex(e));
        (void)hues(); // more than there are
    }

    void searchFindsWordsOverTokens_data()
    {
        QTest::addColumn<QString>("typed");
        QTest::addColumn<bool>("regular");
        QTest::addColumn<bool>("caseMatters");
        for (const char* typed :
            {"token", "experts", "Übersetzung", "übersetzung", "the router", "1234", "\n", "12", "ken to"})
            QTest::newRow(typed) << QString::fromUtf8(typed) << false << false;
        QTest::newRow("case") << QString::fromUtf8("übersetzung") << false << true;
        QTest::newRow("case fits") << QString::fromUtf8("Übersetzung") << false << true;
        QTest::newRow("character over tokens") << QString(QChar(0x8a9e)) << false << false;
        QTest::newRow("expression") << "t[oh]e?\\w*" << true << false;
        QTest::newRow("line") << "^ \\w+" << true << false;
        QTest::newRow("digits") << "\\d{4}" << true << false;
        QTest::newRow("empty matches") << "x*" << true << false;
    }
    /// By brute force: all characters of a sequence with the token of each byte, then every place one by one.
    void searchFindsWordsOverTokens()
    {
        QFETCH(QString, typed);
        QFETCH(bool, regular);
        QFETCH(bool, caseMatters);
        for (const Scope& scope : {Scope(), germanThatChose()}) {
            std::vector<TokenRange> expected;
            for (std::size_t s = 0; s < m_trace.texts.size(); ++s) {
                // Bytes that are no text become U+FFFD: in these texts all but the three of one character.
                std::string raw, all;
                std::vector<std::size_t> tokenOfRaw, tokenOfByte;
                for (std::size_t t = 0; t < m_trace.texts[s].size(); ++t) {
                    raw += m_trace.texts[s][t];
                    tokenOfRaw.resize(raw.size(), m_trace.begins[s] + t);
                }
                for (std::size_t i = 0; i < raw.size();) {
                    const bool lone = std::string("\xe8\xaa\x9e").find(raw[i]) != std::string::npos
                        && raw.compare(i, 3, "\xe8\xaa\x9e") != 0;
                    const std::size_t count = raw.compare(i, 3, "\xe8\xaa\x9e") == 0 ? 3 : 1;
                    all += lone ? std::string("\xef\xbf\xbd") : raw.substr(i, count);
                    for (std::size_t j = 0; j < (lone ? 3 : count); ++j)
                        tokenOfByte.push_back(tokenOfRaw[lone ? i : i + j]);
                    i += count;
                }
                const QString text = QString::fromStdString(all);
                const QRegularExpression expression(regular ? typed : QRegularExpression::escape(typed),
                    QRegularExpression::MultilineOption | QRegularExpression::UseUnicodePropertiesOption
                        | (caseMatters ? QRegularExpression::NoPatternOption
                                       : QRegularExpression::CaseInsensitiveOption));
                auto matches = expression.globalMatch(text);
                while (matches.hasNext()) {
                    const auto match = matches.next();
                    if (match.capturedLength() == 0)
                        continue;
                    const auto from = std::size_t(text.left(match.capturedStart()).toUtf8().size());
                    const auto to = std::size_t(text.left(match.capturedEnd()).toUtf8().size());
                    if (keptByHand(scope, tokenOfByte[from]))
                        expected.push_back({TokenIndex(tokenOfByte[from]), TokenIndex(tokenOfByte[to - 1] + 1)});
                }
            }
            const std::vector<TokenRange> found = this->found(query(typed, regular, caseMatters), scope);
            QCOMPARE(found.size(), expected.size());
            QVERIFY(found == expected);
            if (scope.everything() && typed != "x*" && !caseMatters)
                QVERIFY(!found.empty());
        }
    }

    void searchFindsIdsAndExperts()
    {
        for (const Scope& scope : {Scope(), germanThatChose()}) {
            const std::int32_t id = m_trace.ids[7];
            std::vector<TokenRange> ids, chose;
            for (std::size_t t = 0; t < m_trace.size(); ++t) {
                const TokenRange one{TokenIndex(t), TokenIndex(t + 1)};
                if (keptByHand(scope, t) && m_trace.ids[t] == id)
                    ids.push_back(one);
                if (keptByHand(scope, t) && m_trace.chooses(2, t, 5))
                    chose.push_back(one);
            }
            QVERIFY(!ids.empty() && !chose.empty());
            QVERIFY(found(query('#' + QString::number(id)), scope) == ids);
            for (const char* typed : {"L3E5", "l3 e5", "layer 3 expert 5", "3:5", "E5", " L3E5 "})
                QVERIFY2(found(query(typed), scope) == chose, typed);
        }
        const auto& shape = m_study->shape();
        QVERIFY(!tokenQuery("L9E5", false, false, shape, SiteIndex(0)));
        QVERIFY(!tokenQuery("L3E16", false, false, shape, SiteIndex(0)));
        const auto bad = tokenQuery("a(b", true, false, shape, SiteIndex(0));
        QVERIFY(!bad && bad.error().message().find("character") != std::string::npos);
        // Text that only looks a little like it.
        QVERIFY(std::holds_alternative<TokenQuery::Words>(query("E5x").what));
        QVERIFY(std::holds_alternative<TokenQuery::Words>(query("#").what));
        // Cancelled where asked.
        const auto stopped =
            searchTokens(*kept(), query("the"), [](const std::vector<TokenRange>&, double) { return false; });
        QVERIFY(!stopped && stopped.error().what == kCancelled);
    }

    void growingTotalIsAFunctionOfStartAndHere()
    {
        std::mt19937 random(3);
        for (const Scope& scope : {Scope(), germanThatChose()}) {
            const KeptTokensPtr kept = this->kept(scope);
            std::optional<GrowingTotal> last;
            for (int i = 0; i < 60; ++i) {
                const SiteIndex site(std::uint16_t(i < 30 ? 1 : random() % 4));
                std::size_t start = random() % m_trace.size(), here = random() % m_trace.size();
                if (start > here)
                    std::swap(start, here);
                if (last && i % 3 > 0) { // goes on from where it was, or back
                    start = last->start.value;
                    here = std::max<std::size_t>(start,
                        i % 3 == 1 ? std::min<std::size_t>(last->here.value + random() % 30, m_trace.size() - 1)
                                   : last->here.value - std::min<std::size_t>(last->here.value, random() % 30));
                }
                const auto total =
                    growingTotal(*kept, site, TokenIndex(start), TokenIndex(here), last ? &*last : nullptr).value();
                std::vector<std::uint64_t> counts(16);
                std::uint64_t tokens = 0;
                for (std::size_t t = start; t <= here; ++t) {
                    if (!keptByHand(scope, t))
                        continue;
                    ++tokens;
                    for (std::size_t slot = 0; slot < 3; ++slot)
                        ++counts[m_trace.expert(std::size_t(site), t, slot)];
                }
                QCOMPARE(total.counts, counts);
                QCOMPARE(total.tokens, tokens);
                QCOMPARE(total.choices, 3 * tokens);
                for (std::size_t slot = 0; slot < 3; ++slot)
                    QCOMPARE(total.last[slot], m_trace.expert(std::size_t(site), here, slot));
                last = total;
            }
        }
    }

    void readoutIsTheTrace()
    {
        const std::size_t token = 345; // of doc2
        const TokenRange range{TokenIndex(340), TokenIndex(350)};
        const TokenTexts texts = readTexts(named(), range).value();
        const SiteChoices choices = readChoices(named(), SiteIndex(2), range).value();
        const KnownToken known{TokenIndex(token), &texts, &choices};
        const QString readout = tokenReadout(m_study->shape(), SiteIndex(2), known);
        const QStringList parts = readout.split(QString::fromUtf8(" · "));
        QCOMPARE(parts.size(), qsizetype(6));
        QCOMPARE(parts[0], QString("Layer 3"));
        QVERIFY(
            parts[1].startsWith("token 5 ") && parts[1].endsWith(QString("(id %1) of doc2").arg(m_trace.ids[token])));
        QVERIFY(parts[2].startsWith(QString("expert %1 at weight ").arg(m_trace.expert(2, token, 0))));
        QCOMPARE(parts[2].count(" at "), qsizetype(3));
        QVERIFY(parts[2].contains(QString(", %1 at ").arg(m_trace.expert(2, token, 2))));
        QVERIFY(parts[3].startsWith("entropy ") && parts[3].endsWith(" nats"));
        QVERIFY(parts[4].startsWith("margin ") && parts[5].startsWith("loss "));
        QVERIFY(std::abs(parts[5].split(' ')[1].toDouble() - double(m_trace.losses[token])) < 0.006);
        QCOMPARE(tokenSubject(m_study->shape(), SiteIndex(2), known),
            (Subject{.site = SiteIndex(2),
                .expert = ExpertIndex(m_trace.expert(2, token, 0)),
                .sequence = SequenceIndex(2),
                .token = TokenIndex(token)}));
        QCOMPARE(sequenceHead(m_study->shape(), SequenceIndex(2)).name, QString("doc2"));
        QCOMPARE(sequenceHead(m_study->shape(), SequenceIndex(2)).facts, QString::fromUtf8("language de · 900 tokens"));
    }

    void tableHoldsEveryNumber()
    {
        const TokenRange range{TokenIndex(330), TokenIndex(370)}; // over the end of doc1
        const QByteArray csv = tokenTable(*kept(), range, {SiteIndex(0), SiteIndex(2)}).value();
        QList<QByteArray> lines = csv.split('\n');
        lines.removeIf([](const QByteArray& line) { return line.startsWith('#') || line.isEmpty(); });
        QCOMPARE(
            lines[0], QByteArray("sequence,token,position,id,text,layer,site,experts,weights,entropy,margin,loss"));
        QCOMPARE(lines.size(), qsizetype(81));
        // Texts may hold commas: from both ends.
        const std::size_t token = 355, site = 2;
        const QList<QByteArray> fields = lines[1 + 2 * qsizetype(token - 330) + 1].split(',');
        QCOMPARE(fields[0], QByteArray("2"));
        QCOMPARE(fields[1], QByteArray::number(int(token)));
        QCOMPARE(fields[2], QByteArray::number(int(token - 340)));
        QCOMPARE(fields[3], QByteArray::number(m_trace.ids[token]));
        const auto back = [&](int at) { return fields[fields.size() - at]; };
        QCOMPARE(back(1).toFloat(), m_trace.losses[token]);
        QCOMPARE(back(2).toFloat(), m_trace.margin[site][token]);
        QCOMPARE(back(3).toFloat(), m_trace.entropy[site][token]);
        const auto experts = back(5).split(' '), weights = back(4).split(' ');
        QCOMPARE(back(7), QByteArray("3"));
        for (std::size_t slot = 0; slot < 3; ++slot) {
            QCOMPARE(experts[qsizetype(slot)].toInt(), int(m_trace.expert(site, token, slot)));
            QCOMPARE(weights[qsizetype(slot)].toFloat(), m_trace.weights[site][token * 3 + slot]);
        }
        // What the filters leave out is not in it.
        const QByteArray filtered = tokenTable(*kept(germanThatChose()), range, {SiteIndex(0)}).value();
        std::size_t left = 0;
        for (std::size_t t = 330; t < 370; ++t)
            left += keptByHand(germanThatChose(), t);
        QVERIFY(left > 0);
        QCOMPARE(std::size_t(filtered.count('\n')), left + 1 + std::size_t(filtered.count("\n#")) + 1);
        const QString text = copiedText(named(), range).value();
        std::string all;
        for (std::size_t t = 330; t < 340; ++t)
            all += m_trace.bytes[t];
        all += '\n';
        for (std::size_t t = 340; t < 370; ++t)
            all += m_trace.bytes[t];
        QCOMPARE(text, QString::fromStdString(all));
    }

    /// Against the chart of tokens, as the command line writes it.
    void tableAgreesWithTheChart()
    {
        const ChartSpec& chart = **findChart("tokens");
        for (const Scope& scope : {Scope(), germanThatChose()}) {
            ChartQuestion question{0, scope, checkOptions(chart, {{"site", "1"}, {"sequence", "2"}}).value()};
            const auto data = chart.compute(*m_study, question, {});
            VERIFY_OK(data);
            Look look;
            const auto drawn = chart.draw(*data, question.params, look);
            VERIFY_OK(drawn);
            const TokenRange sequence = rangeOf(m_study->shape().sequences[2]);
            const auto records = [](const QByteArray& csv) {
                QList<QByteArray> lines = csv.split('\n');
                lines.removeIf([](const QByteArray& line) { return line.isEmpty() || !QChar(line[0]).isDigit(); });
                return lines;
            };
            const auto ours = records(tokenTable(*kept(scope), sequence, {SiteIndex(1)}).value());
            const auto theirs = records((*drawn)->csv());
            QCOMPARE(ours.size(), theirs.size());
            QVERIFY(ours.size() > 100);
            for (qsizetype i = 0; i < ours.size(); ++i) {
                const auto a = ours[i].split(','), b = theirs[i].split(',');
                for (int field = 0; field < 4; ++field) // sequence, token, position, id
                    QCOMPARE(a[field], b[field]);
                // From the end, since texts may hold commas: margin and entropy; first choice and its weight.
                QCOMPARE(a[a.size() - 2], b[b.size() - 2]);
                QCOMPARE(a[a.size() - 3], b[b.size() - 3]);
                QCOMPARE(a[a.size() - 4].split(' ')[0], b[b.size() - 4]);
                QCOMPARE(a[a.size() - 5].split(' ')[0], b[b.size() - 5]);
            }
        }
    }

    void nothingNeedsAColumn()
    {
        for (const bool texts : {true, false}) {
            TokenTrace trace = wordTrace();
            trace.columns = {.tokenIds = true};
            trace.loss = false;
            trace.withTexts = texts;
            QTemporaryDir folder;
            const auto study = trace.open(folder.filePath("bare.h5").toStdString());
            VERIFY_OK(study);
            const NamedTrace& named = (*study)->traces()[0];
            const KeptTokensPtr all = KeptTokens::of(*study, 0, {}).value();
            const TokenRange range{TokenIndex(0), TokenIndex(20)};
            const TokenTexts read = readTexts(named, range).value();
            const SiteChoices choices = readChoices(named, SiteIndex(0), range).value();
            QCOMPARE(read.pieces[0].kind == ShownPiece::Kind::Id, !texts);
            for (const std::string& quantity : tokenQuantities()) {
                const float value = tokenValue(quantity, &read, &choices, nullptr, {}, 3);
                QCOMPARE(std::isnan(value), quantity != kFirstChoice);
                const auto sample = sampleColours(*all, {SiteIndex(0)}, quantity, {});
                VERIFY_OK(sample);
                ColourQuestion question;
                question.quantity = quantity;
                const TokenColours colours = tokenColours(question, sample->get(), named.summary, (*study)->shape());
                QCOMPARE(colours.note.isEmpty(), quantity == kFirstChoice);
            }
            QVERIFY(quantityNeeds(kLoss, named.summary, (*study)->shape()).contains("capture --loss"));
            QVERIFY(!tokenReadout((*study)->shape(), SiteIndex(0), {TokenIndex(3), &read, &choices}).isEmpty());
            VERIFY_OK(tokenTable(*all, range, {SiteIndex(0)}));
            const auto ranks = readRanks(named, SiteIndex(0), ExpertIndex(trace.expert(0, 3, 1)), range).value();
            QCOMPARE(ranks.ranks[3], std::uint16_t(2));
            const auto query = tokenQuery("the", false, false, (*study)->shape(), SiteIndex(0)).value();
            QCOMPARE(searchTokens(*all, query, [](const auto&, double) { return true; }).has_value(), texts);
        }
    }
};

EXPERTSCOPE_TEST(TestTokenData)
#include "tst_token_data.moc"
