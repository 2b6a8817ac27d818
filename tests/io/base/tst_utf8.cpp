// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/base/utf8.h"
#include "tests/support/test_main.h"

#include <QByteArray>
#include <QStringDecoder>
#include <QTest>

#include <random>

using namespace expertscope;

class TestUtf8 : public QObject
{
    Q_OBJECT
private slots:
    void namesTheOffset_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<int>("offset"); // -1: valid
        QTest::newRow("ascii") << QByteArray("abc") << -1;
        QTest::newRow("all lengths") << QByteArray("a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80") << -1;
        QTest::newRow("lone continuation") << QByteArray("ab\x80") << 2;
        QTest::newRow("overlong slash") << QByteArray("\xc0\xaf") << 0;
        QTest::newRow("overlong three") << QByteArray("x\xe0\x80\xaf") << 1;
        QTest::newRow("surrogate") << QByteArray("\xed\xa0\x80") << 0;
        QTest::newRow("last before surrogates") << QByteArray("\xed\x9f\xbf") << -1;
        QTest::newRow("beyond U+10FFFF") << QByteArray("\xf4\x90\x80\x80") << 0;
        QTest::newRow("cut short") << QByteArray("ok\xe2\x82") << 2;
        QTest::newRow("latin-1") << QByteArray("caf\xe9 au lait") << 3;
    }
    void namesTheOffset()
    {
        QFETCH(QByteArray, text);
        QFETCH(int, offset);
        const auto bad = invalidUtf8At({text.constData(), std::size_t(text.size())});
        QCOMPARE(bad ? int(*bad) : -1, offset);
    }

    void agreesWithQtOnRandomBytes()
    {
        std::mt19937 random(7);
        const unsigned char alphabet[] = {0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc1, 0xc2, 0xdf, 0xe0,
            0xe1, 0xed, 0xef, 0xf0, 0xf1, 0xf4, 0xf5, 0xff};
        int valid = 0;
        for (int i = 0; i < 200000; ++i) {
            QByteArray text(int(random() % 6), '\0');
            for (auto& c : text)
                c = char(alphabet[random() % std::size(alphabet)]);
            QStringDecoder decoder(QStringDecoder::Utf8, QStringDecoder::Flag::Stateless);
            const QString decoded = decoder(text);
            Q_UNUSED(decoded)
            const bool ours = !invalidUtf8At({text.constData(), std::size_t(text.size())});
            QCOMPARE(ours, !decoder.hasError());
            valid += ours;
        }
        QVERIFY(valid > 1000);
    }
};

EXPERTSCOPE_TEST(TestUtf8)
#include "tst_utf8.moc"
