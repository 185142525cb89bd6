# make                builds build/librtmp.so.1, its link build/librtmp.so, and build/librtmp.a
# make install        installs library, headers, pkg-config file and man page (prefix, libdir, incdir, mandir, DESTDIR)
# make uninstall      removes what make install installed, with the same variables
# make demo           shows it at work: publishes and plays a film through a server of its own
# make loopback       builds that server: build/examples/loopback --help
# make examples       builds the programs of examples into build/examples
# make check          runs every test; check-PART (rust abi capi install guard sanitize soak fuzz examples interop) runs one part
# make check-x86      the same for the library built for 32-bit x86, beside Debian's: installs packages of that architecture
# make check-arm64    the same for 64-bit ARM, in an emulator
# make sanitize       the memory and thread checkers at length: besides check-sanitize the examples, and ThreadSanitizer
# make soak           20 GiB played, 20 GiB published, 5000 sessions: SOAK_GIB=, SOAK_CYCLES= for less; and hostile peers at length
# make fuzz           every fuzz target at length, FUZZ_TIME seconds each (600); make fuzz-table writes docs/fuzzing.md too
# make interop-table  writes docs/interop.md anew from what the interop tests find
# make bench          measures against the reference and the kernel's limit, and writes docs/benchmarks.md
# make dist           writes the sources and all crates into build/librtmp-VERSION.tar.gz, for builds without a network
# make headers        writes include/librtmp anew from src/capi
# make deps           installs what tests and demo need, on Debian; the targets that need it call it
# make clean          removes all that was built

prefix  ?= /usr/local
libdir  ?= $(prefix)/lib
incdir  ?= $(prefix)/include
mandir  ?= $(prefix)/share/man
DESTDIR ?=

CARGO   ?= cargo
INSTALL ?= install

RELEASE := $(or $(CARGO_TARGET_DIR),target)/release
DEBUG   := $(or $(CARGO_TARGET_DIR),target)/debug
HEADERS := amf http log rtmp
# A path as it stands in a pkg-config file, through sed: a directory may have a space in its name.
space   := $(subst ,, )
escaped  = $(subst $(space),\\ ,$(1))
PARTS   := rust abi capi install guard sanitize soak fuzz examples interop
APART   := x86 arm64

# Without Rust's own kind of library, which cannot be optimised across crates.
all:
	$(CARGO) rustc --release --locked --lib --crate-type cdylib,staticlib
	@mkdir -p build
	@$(INSTALL) -m 644 $(RELEASE)/librtmp.so build/librtmp.so.1
	@$(INSTALL) -m 644 $(RELEASE)/librtmp.a build/librtmp.a
	@ln -sf librtmp.so.1 build/librtmp.so

# What is built already is installed as it is, so that root needs no Rust.
build/librtmp.so.1:
	$(MAKE) all

install: build/librtmp.so.1
	$(INSTALL) -d "$(DESTDIR)$(libdir)/pkgconfig" "$(DESTDIR)$(incdir)/librtmp" "$(DESTDIR)$(mandir)/man3"
	$(INSTALL) -m 644 build/librtmp.so.1 build/librtmp.a "$(DESTDIR)$(libdir)"
	ln -sf librtmp.so.1 "$(DESTDIR)$(libdir)/librtmp.so"
	sed -e 's|@prefix@|$(call escaped,$(prefix))|' -e 's|@libdir@|$(call escaped,$(libdir))|' \
	    -e 's|@incdir@|$(call escaped,$(incdir))|' librtmp.pc.in \
	    > "$(DESTDIR)$(libdir)/pkgconfig/librtmp.pc"
	chmod 644 "$(DESTDIR)$(libdir)/pkgconfig/librtmp.pc"
	$(INSTALL) -m 644 $(HEADERS:%=include/librtmp/%.h) "$(DESTDIR)$(incdir)/librtmp"
	$(INSTALL) -m 644 man/librtmp.3 "$(DESTDIR)$(mandir)/man3"

uninstall:
	$(RM) "$(DESTDIR)$(libdir)/librtmp.so.1" "$(DESTDIR)$(libdir)/librtmp.so" "$(DESTDIR)$(libdir)/librtmp.a"
	$(RM) "$(DESTDIR)$(libdir)/pkgconfig/librtmp.pc" "$(DESTDIR)$(mandir)/man3/librtmp.3"
	$(RM) $(HEADERS:%="$(DESTDIR)$(incdir)/librtmp/%.h")
	-rmdir "$(DESTDIR)$(incdir)/librtmp"

# A local installation in build/tree, which examples, demo and interop tests use.
tree: all
	@$(MAKE) -s install prefix="$(CURDIR)/build/tree" libdir="$(CURDIR)/build/tree/lib" \
	    incdir="$(CURDIR)/build/tree/include" mandir="$(CURDIR)/build/tree/share/man" DESTDIR=

examples: tree
	@$(MAKE) -s -C examples B=../build/examples PKG_CONFIG_PATH="$(CURDIR)/build/tree/lib/pkgconfig"

# The server of demo and tests (examples/loopback), which is not installed.
loopback:
	$(CARGO) build --quiet --locked --example loopback
	@$(INSTALL) -d build/examples
	@$(INSTALL) -m 755 $(DEBUG)/examples/loopback build/examples/loopback

deps:
	@scripts/deps

# Runs all interop tests and writes docs/interop.md from what they found.
interop-table: deps examples loopback
	@LIBDIR="$(CURDIR)/build/tree/lib" EXAMPLES="$(CURDIR)/build/examples" tests/interop/run --table

dist:
	@CARGO="$(CARGO)" scripts/dist

headers:
	UPDATE_HEADERS=1 $(CARGO) test --locked --test headers

demo:
	@CARGO="$(CARGO)" scripts/demo

check: deps
	@CARGO="$(CARGO)" scripts/check $(PARTS)

$(PARTS:%=check-%) $(APART:%=check-%): check-%:
	@CARGO="$(CARGO)" scripts/check $*

sanitize: deps tree
	@CARGO="$(CARGO)" scripts/sanitize build programs examples threads

soak: deps examples loopback
	@LIBDIR="$(CURDIR)/build/tree/lib" EXAMPLES="$(CURDIR)/build/examples" tests/soak/run
	@HOSTILE_LONG=1 $(CARGO) test --quiet --locked --test hostile -- publishes_unheard

fuzz: deps tree
	@CARGO="$(CARGO)" scripts/fuzz long

fuzz-table: fuzz
	@scripts/fuzz table

bench: deps tree
	@benches/run build/tree/lib

clean:
	$(CARGO) clean
	$(RM) -r build

.PHONY: all install uninstall tree examples loopback deps interop-table dist headers demo check sanitize soak fuzz fuzz-table bench clean $(PARTS:%=check-%) $(APART:%=check-%)
