// SPDX-License-Identifier: GPL-3.0-or-later
//
// Tokens in lines, and the window that one looks at them through.
#include "tests/support/memory_trace.h"
#include "tests/support/test_main.h"
#include "tests/support/verify.h"
#include "tests/views/tokens/token_trace.h"
#include "views/tokens/lines/text_document.h"

#include <QSet>
#include <QTemporaryDir>
#include <QTest>

#include <random>

using namespace expertscope;
using namespace expertscope::testing;

namespace {

/// `sequences` of `length` tokens each at one site, only ids.
std::shared_ptr<MemoryTrace> longTrace(std::size_t sequences, std::uint32_t length)
{
    auto trace = std::make_shared<MemoryTrace>(std::size_t(1), std::uint16_t(16), std::uint16_t(1));
    for (std::size_t s = 0; s < sequences; ++s)
        trace->addSequence(length, "doc" + std::to_string(s));
    trace->editShape().columns.tokenIds = true;
    const std::size_t n = trace->shape().numTokens;
    trace->ids[0].resize(n);
    trace->tokenIds.resize(n);
    for (std::size_t t = 0; t < n; ++t) {
        trace->ids[0][t] = std::uint16_t(mix(t) % 16);
        trace->tokenIds[t] = std::int32_t(mix(t + 1) % 50000);
    }
    return trace;
}

StudyPtr studyOver(std::shared_ptr<BlockSource> source)
{
    NamedTrace trace;
    trace.path = "long.h5";
    trace.name = "long";
    trace.source = std::move(source);
    return std::make_shared<const Study>(std::vector{std::move(trace)});
}

/// Wishes for what is in the window until all of it is there.
bool settle(TextDocument& document, PartStore& store)
{
    return QTest::qWaitFor(
        [&] {
            std::vector<PartStore::Wish> wishes;
            for (const auto& v : document.visible())
                wishes.push_back({v.part.range, PartStore::Wish::What::Texts});
            store.want(wishes);
            return std::ranges::all_of(document.visible(), [](const auto& v) { return v.lines != nullptr; });
        },
        10000);
}

}

class TestTextLines : public QObject
{
    Q_OBJECT

private slots:
    void columnKnowsWhereEverythingStands()
    {
        const StudyPtr study = studyOver(longTrace(7, 5000));
        PartColumn column;
        column.setTokens(KeptTokens::of(study, 0, {}).value());
        QCOMPARE(column.size(), std::size_t(21)); // 2,048, 2,048, 904
        std::mt19937 random(1);
        std::vector<int> heights;
        column.estimate([&](std::uint32_t tokens, bool first) {
            heights.push_back(int(tokens) / 10 + (first ? 30 : 0));
            return heights.back();
        });
        for (int i = 0; i < 300; ++i) {
            const std::size_t at = random() % column.size();
            column.setHeight(at, heights[at] = 1 + int(random() % 500));
            std::int64_t top = 0;
            for (std::size_t p = 0; p < column.size(); ++p) {
                QCOMPARE(column.top(p), top);
                QCOMPARE(column.at(top), p);
                QCOMPARE(column.at(top + heights[p] - 1), p);
                top += heights[p];
            }
            QCOMPARE(column.total(), top);
            QCOMPARE(column.at(top + 1000), column.size() - 1);
        }
        std::uint64_t token = 0;
        for (std::size_t p = 0; p < column.size(); ++p) {
            QCOMPARE(column.part(p).range.begin.value, token);
            QCOMPARE(column.part(p).position, std::uint32_t(token % 5000));
            for (const std::uint64_t t : {token, column.part(p).range.end.value - 1})
                QCOMPARE(column.find(TokenIndex(t)), std::optional(p));
            token = column.part(p).range.end.value;
        }
        QCOMPARE(token, std::uint64_t(35000));
        QVERIFY(!column.find(TokenIndex(35000)));
        Scope scope;
        scope.tokens = TokenRange{TokenIndex(12000), TokenIndex(12001)};
        column.setTokens(KeptTokens::of(study, 0, scope).value());
        QCOMPARE(column.size(), std::size_t(3)); // the whole sequence of that token, and no other
        QVERIFY(column.find(TokenIndex(10000)) && !column.find(TokenIndex(9999)) && !column.find(TokenIndex(15000)));
    }

    void linesHoldEveryTokenOnce_data()
    {
        QTest::addColumn<double>("width");
        for (const double width : {60.0, 100.0, 333.0, 800.0, 3000.0})
            QTest::addRow("%.0f", width) << width;
    }
    void linesHoldEveryTokenOnce()
    {
        QFETCH(double, width);
        const std::vector<std::string> text = someWords(600, 3);
        const auto pieces = shownPieces(text, {}, 0, text.size());
        PieceWidths widths{QFont()};
        const TextLines lines = breakLines(pieces, widths, width);
        QCOMPARE(lines.pieces.size(), pieces.size());
        QCOMPARE(lines.begins.front(), 0u);
        QCOMPARE(std::size_t(lines.begins.back()), pieces.size());
        for (std::size_t line = 0; line < lines.size(); ++line) {
            QVERIFY(lines.begins[line] < lines.begins[line + 1]);
            double at = 0;
            for (std::size_t t = lines.begins[line]; t < lines.begins[line + 1]; ++t) {
                const PlacedPiece& piece = lines.pieces[t];
                QCOMPARE(std::size_t(piece.line), line);
                QVERIFY(std::abs(double(piece.left) - at) < 0.01); // side by side
                QVERIFY(piece.width > 0);
                at += double(piece.width);
                QCOMPARE(lines.at(line, double(piece.left + piece.width / 2)), std::optional(t));
                if (pieces[t].breaksLine)
                    QCOMPARE(t + 1, std::size_t(lines.begins[line + 1]));
            }
            QVERIFY(at <= width + 0.01);
            QVERIFY(!lines.at(line, at + 1) && !lines.at(line, -1));
            // A word is only broken where it is wider than a line, or begins a line.
            const std::size_t next = lines.begins[line + 1];
            if (next < pieces.size() && pieces[next].text == "en") {
                double word = double(lines.pieces[next - 1].width + lines.pieces[next].width);
                QVERIFY(word > width || lines.begins[line] == next - 1);
            }
        }
        QVERIFY(!lines.at(lines.size(), 1));
        QVERIFY(width > 2000 ? lines.size() < 60 : lines.size() > 20);
    }

    void scriptsDoNotBreakTheLine()
    {
        PieceWidths widths{QFont()};
        // Chinese without blanks: breaks between tokens.
        std::vector<std::string> chinese;
        for (int i = 0; i < 100; ++i)
            chinese.push_back("\xe8\xaa\x9e");
        const TextLines wrapped = breakLines(shownPieces(chinese, {}, 0, 100), widths, 200);
        QVERIFY(wrapped.size() > 3);
        for (std::size_t line = 0; line + 1 < wrapped.size(); ++line) { // full lines, not one word that found no room
            const PlacedPiece& last = wrapped.pieces[wrapped.begins[line + 1] - 1];
            QVERIFY(double(last.left + last.width + last.width) > 200);
        }
        // Hebrew in English: read from the right, its neighbours from the left.
        const std::vector<std::string> mixed{"one", " \xd7\x90\xd7\x91", " \xd7\x92\xd7\x93", " \xd7\x94", " two"};
        const auto pieces = shownPieces(mixed, {}, 0, mixed.size());
        const TextLines lines = breakLines(pieces, widths, 1000);
        QCOMPARE(lines.size(), std::size_t(1));
        QVERIFY(lines.bidirectional[0]);
        const auto left = [&](std::size_t t) { return lines.pieces[t].left; };
        QVERIFY(left(0) < left(3) && left(3) < left(2) && left(2) < left(1) && left(1) < left(4));
        for (std::size_t t = 0; t < 5; ++t)
            QCOMPARE(lines.at(0, double(left(t)) + 1), std::optional(t));
        // A line that begins with Hebrew is read from the right; a number in it, and English, from the left.
        const auto order = [&](const std::vector<std::string>& text) {
            const TextLines line = breakLines(shownPieces(text, {}, 0, text.size()), widths, 1000);
            std::vector<std::size_t> tokens(text.size());
            std::iota(tokens.begin(), tokens.end(), std::size_t(0));
            std::ranges::sort(tokens, {}, [&](std::size_t t) { return line.pieces[t].left; });
            return tokens;
        };
        const std::string alef = " \xd7\x90", bet = " \xd7\x91";
        QCOMPARE(order({alef, bet, " 12", "34", alef}), (std::vector<std::size_t>{4, 2, 3, 1, 0}));
        QCOMPARE(order({alef, " one", " two", ".", bet}), (std::vector<std::size_t>{4, 3, 1, 2, 0}));
        QCOMPARE(order({"one", alef, ",", bet, ".", " two"}), (std::vector<std::size_t>{0, 3, 2, 1, 4, 5}));
        QCOMPARE(order({"one", " 12", " two"}), (std::vector<std::size_t>{0, 1, 2}));
        // What is wider than a line is cut, what has no ink is there all the same.
        const TextLines narrow = breakLines(shownPieces({std::string(500, 'x'), ""}, {}, 0, 2), widths, 120);
        QVERIFY(narrow.pieces[0].cut && narrow.pieces[0].width <= 120 && narrow.pieces[1].width > 3);
        QCOMPARE(breakLines({}, widths, 100).size(), std::size_t(1));
    }

    void onlyWhatIsInSightIsRead()
    {
        const auto trace = longTrace(10000, 1000); // 10 M tokens
        const auto reads = trace->reads;
        const StudyPtr study = studyOver(trace);
        PartStore store;
        store.setStudy(study);
        store.setMostBytes(4 << 20);
        TextDocument document(store);
        document.setLook(QFont(), 700, 0);
        document.setWindow(600);
        document.setTokens(KeptTokens::of(study, 0, {}).value());
        QCOMPARE(reads->load(), 0);
        QVERIFY(settle(document, store));
        QVERIFY(reads->load() <= 3);
        QVERIFY(document.total() > 1'000'000);
        std::mt19937_64 random(1);
        for (int i = 0; i < 60; ++i) {
            const auto top = std::int64_t(random() % std::uint64_t(document.total()));
            document.scrollTo(top);
            QVERIFY(settle(document, store));
            QVERIFY(document.visible().size() <= 4);
            QVERIFY(store.bytes() <= (4 << 20));
        }
        QVERIFY2(reads->load() <= 63 * 3, qPrintable(QString::number(reads->load())));
        const int before = reads->load();
        QVERIFY(document.reveal(TokenIndex(9'999'999)));
        QVERIFY(settle(document, store));
        document.visible();
        QVERIFY(document.placeOf(TokenIndex(9'999'999)));
        QCOMPARE(document.top() + 600, document.total()); // the end of all
        QVERIFY(reads->load() - before <= 3);
        // What was just looked at is not read again.
        const int again = reads->load();
        document.scrollBy(-100);
        document.scrollBy(100);
        QVERIFY(settle(document, store));
        QVERIFY(reads->load() - again <= 1);
    }

    /// A million sequences of ten tokens: what is in sight, and a little beside it.
    void manyShortSequencesAreQuick()
    {
        const StudyPtr study = studyOver(longTrace(1'000'000, 10));
        PartStore store;
        store.setStudy(study);
        TextDocument document(store);
        document.setLook(QFont(), 700, 0);
        document.setWindow(600);
        const KeptTokensPtr kept = KeptTokens::of(study, 0, {}).value();
        document.setTokens(kept);
        QCOMPARE(document.top(), std::int64_t(0));
        for (const std::uint64_t token : {5'000'000u, 9'999'999u, 123u}) {
            QVERIFY(document.reveal(TokenIndex(token), TextDocument::Where::Middle));
            QVERIFY(settle(document, store));
            document.visible();
            QVERIFY(document.placeOf(TokenIndex(token)));
            QVERIFY(document.visible().size() < 40 && document.beside().size() <= 48);
        }
        QVERIFY(store.reads() < 150);
    }

    void revealedTokensAreInSight()
    {
        const StudyPtr study = studyOver(longTrace(40, 3000));
        PartStore store;
        store.setStudy(study);
        TextDocument document(store);
        document.setWindow(300);
        document.setTokens(KeptTokens::of(study, 0, {}).value());
        std::mt19937 random(5);
        for (const double width : {120.0, 500.0, 1500.0}) {
            document.setLook(QFont(), width, std::size_t(random() % 4));
            for (int i = 0; i < 40; ++i) {
                const TokenIndex token(random() % 120000);
                QVERIFY(
                    document.reveal(token, i % 2 == 0 ? TextDocument::Where::Middle : TextDocument::Where::Nearest));
                QVERIFY(settle(document, store));
                document.visible();
                const auto place = document.placeOf(token);
                QVERIFY(place);
                QVERIFY2(place->top() >= 0 && place->bottom() <= 300,
                    qPrintable(QString("%1: %2 to %3").arg(token.value).arg(place->top()).arg(place->bottom())));
                const auto hit = document.hit(place->center());
                QVERIFY(hit && hit->token == token && hit->row == 0);
                QCOMPARE(document.nearest(place->center()), std::optional(token));
                // A step does not move what is in sight.
                const auto top = document.top();
                document.reveal(token);
                document.visible();
                QCOMPARE(document.top(), top);
            }
            // Another width stays at the same text.
            const auto first = document.firstVisible();
            QVERIFY(first);
            document.setLook(QFont(), width + 50, 1);
            QVERIFY(settle(document, store));
            document.visible();
            QVERIFY(document.placeOf(*first));
        }
    }

    void scrollingPassesEveryToken()
    {
        TokenTrace words = wordTrace();
        QTemporaryDir folder;
        const auto study = words.open(folder.filePath("words.h5").toStdString());
        VERIFY_OK(study);
        Scope scope;
        scope.where = {{"language", "de"}};
        PartStore store;
        store.setStudy(*study);
        TextDocument document(store);
        document.setLook(QFont(), 320, 2);
        document.setWindow(150);
        const KeptTokensPtr kept = KeptTokens::of(*study, 0, scope).value();
        document.setTokens(kept);
        for (const int step : {37, -53}) {
            QSet<std::uint64_t> seen;
            std::int64_t before = -1;
            for (int i = 0; i < 2000 && document.top() != before; ++i) {
                QVERIFY(settle(document, store));
                before = document.top();
                for (const auto& v : document.visible()) {
                    for (std::uint64_t t = v.part.range.begin.value; t < v.part.range.end.value; ++t) {
                        const auto place = document.placeOf(TokenIndex(t));
                        if (place && place->bottom() > 0 && place->top() < 150)
                            seen.insert(t);
                    }
                }
                document.scrollBy(step);
                document.visible();
                if (document.top() != before && before > 0 && document.top() > 0
                    && document.top() + 150 < document.total())
                    QCOMPARE(document.top() - before, std::int64_t(step));
            }
            // Of both German sequences all, of the others none.
            QCOMPARE(seen.size(), qsizetype(300 + 900));
            for (const std::uint64_t t : seen)
                QVERIFY(kept->has(sequenceOf((*study)->shape(), TokenIndex(t))));
        }
        QCOMPARE(document.top(), std::int64_t(0));
        QCOMPARE(document.headAt(2), std::optional(SequenceIndex(0)));
    }

    void newFiltersStayAtTheText()
    {
        TokenTrace words = wordTrace();
        QTemporaryDir folder;
        const auto study = words.open(folder.filePath("words.h5").toStdString());
        VERIFY_OK(study);
        PartStore store;
        store.setStudy(*study);
        TextDocument document(store);
        document.setLook(QFont(), 400, 0);
        document.setWindow(120);
        document.setTokens(KeptTokens::of(*study, 0, {}).value());
        document.reveal(TokenIndex(800), TextDocument::Where::Middle);
        QVERIFY(settle(document, store));
        const auto first = document.firstVisible();
        QVERIFY(first && first->value > 340);
        Scope german;
        german.where = {{"language", "de"}};
        document.setTokens(KeptTokens::of(*study, 0, german).value());
        QVERIFY(settle(document, store));
        document.visible();
        QVERIFY(document.placeOf(*first)); // doc2 is German
        QVERIFY(!document.reveal(TokenIndex(310))); // doc1 is not
        document.setTokens(nullptr);
        QVERIFY(document.visible().empty() && !document.firstVisible() && document.total() == 0);
    }
};

EXPERTSCOPE_TEST(TestTextLines)
#include "tst_text_lines.moc"
