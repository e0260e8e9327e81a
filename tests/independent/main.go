// Checks a published log with code that is not ours: the note and tlog packages that Go's
// module proxy log is built on (golang.org/x/mod/sumdb, Debian: golang-golang-x-mod-dev).
//
//	go run main.go FOLDER LOG.VKEY
//
// FOLDER holds `checkpoint` and `tile/…` as C2SP tlog-tiles lays them out; LOG.VKEY holds the
// log's verifier key in one line. Checked, in this order:
//
//  1. the checkpoint is a note signed by that key, its origin is the key's name;
//  2. each entry of the entry bundles is in the tree under the checkpoint's root, by an
//     inclusion proof made from the tiles and checked alone;
//  3. the entries alone, hashed again, make the checkpoint's root;
//  4. each tile of every level holds exactly the hashes that the entries make.
//
// It knows nothing of what an entry says: signatures of records, commitments and authority are
// for walkthrough.sh and `nguon verify`.
package main

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const (
	tileHeight = 8
	tileWidth  = 1 << tileHeight
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: go run main.go FOLDER LOG.VKEY")
		os.Exit(2)
	}
	if err := check(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "FAULT:", err)
		os.Exit(1)
	}
}

func check(folder, vkeyFile string) error {
	tree, origin, err := openCheckpoint(folder, vkeyFile)
	if err != nil {
		return err
	}
	fmt.Printf("checkpoint: %s, %d entries, root %v: signed by the log\n", origin, tree.N, tree.Hash)

	log := &tiles{folder: folder, size: tree.N, seen: map[string][]byte{}}
	stored, err := log.checkEntries(tree)
	if err != nil {
		return err
	}
	fmt.Printf("entries: %d, each included under the root\n", tree.N)

	root, err := tlog.TreeHash(tree.N, stored)
	if err != nil {
		return err
	}
	if root != tree.Hash {
		return fmt.Errorf("the entries make root %v, the checkpoint says %v", root, tree.Hash)
	}
	fmt.Println("root: made again from the entries alone")

	count, err := log.checkTiles(stored)
	if err != nil {
		return err
	}
	fmt.Printf("tiles: %d, each as the entries make it\n", count)
	return nil
}

// openCheckpoint reads the note and its three lines (C2SP tlog-checkpoint, without extensions).
func openCheckpoint(folder, vkeyFile string) (tree tlog.Tree, origin string, err error) {
	vkey, err := os.ReadFile(vkeyFile)
	if err != nil {
		return tree, "", err
	}
	verifier, err := note.NewVerifier(strings.TrimSpace(string(vkey)))
	if err != nil {
		return tree, "", err
	}
	signed, err := os.ReadFile(filepath.Join(folder, "checkpoint"))
	if err != nil {
		return tree, "", err
	}
	opened, err := note.Open(signed, note.VerifierList(verifier))
	if err != nil {
		return tree, "", fmt.Errorf("checkpoint: %w", err)
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[3] != "" {
		return tree, "", errors.New("checkpoint: not three lines")
	}
	if lines[0] != verifier.Name() {
		return tree, "", fmt.Errorf("checkpoint: origin %q, but the key is of %q", lines[0], verifier.Name())
	}
	tree.N, err = strconv.ParseInt(lines[1], 10, 64)
	if err != nil || tree.N < 0 || strconv.FormatInt(tree.N, 10) != lines[1] {
		return tree, "", fmt.Errorf("checkpoint: size %q", lines[1])
	}
	root, err := base64.StdEncoding.Strict().DecodeString(lines[2])
	if err != nil || len(root) != tlog.HashSize {
		return tree, "", fmt.Errorf("checkpoint: root %q", lines[2])
	}
	copy(tree.Hash[:], root)
	return tree, lines[0], nil
}

// tiles reads tlog-tiles files; it is the tlog.TileReader that TileHashReader asks.
type tiles struct {
	folder string
	size   int64
	seen   map[string][]byte
}

func (t *tiles) Height() int { return tileHeight }

func (t *tiles) SaveTiles([]tlog.Tile, [][]byte) {}

func (t *tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	var data [][]byte
	for _, tile := range wanted {
		bytes, err := t.read(tile)
		if err != nil {
			return nil, err
		}
		data = append(data, bytes)
	}
	return data, nil
}

func (t *tiles) read(tile tlog.Tile) ([]byte, error) {
	path := tilePath(tile)
	if data, ok := t.seen[path]; ok {
		return data, nil
	}
	data, err := os.ReadFile(filepath.Join(t.folder, path))
	if err != nil {
		return nil, err
	}
	if len(data) != tile.W*tlog.HashSize {
		return nil, fmt.Errorf("%s: %d bytes for %d hashes", path, len(data), tile.W)
	}
	t.seen[path] = data
	return data, nil
}

// tilePath turns x/mod's `tile/8/L/N` and `tile/8/data/N` into tlog-tiles' `tile/L/N` and
// `tile/entries/N`; the numbering of N and `.p/W` are the same.
func tilePath(tile tlog.Tile) string {
	path := strings.TrimPrefix(tile.Path(), "tile/8/")
	path = strings.Replace(path, "data/", "entries/", 1)
	return "tile/" + path
}

// checkEntries reads every bundle, proves each entry by the tiles, and gives back all hashes of
// the tree that the entries make.
func (t *tiles) checkEntries(tree tlog.Tree) (tlog.HashReader, error) {
	var hashes []tlog.Hash
	fromEntries := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		var found []tlog.Hash
		for _, i := range indexes {
			if i >= int64(len(hashes)) {
				return nil, fmt.Errorf("hash %d is not in the tree", i)
			}
			found = append(found, hashes[i])
		}
		return found, nil
	})
	fromTiles := tlog.TileHashReader(tree, t)
	for first := int64(0); first < t.size; first += tileWidth {
		entries, err := t.bundle(first)
		if err != nil {
			return nil, err
		}
		for i, entry := range entries {
			index := first + int64(i)
			leaf := tlog.RecordHash(entry)
			proof, err := tlog.ProveRecord(tree.N, index, fromTiles)
			if err != nil {
				return nil, fmt.Errorf("entry %d: %w", index, err)
			}
			if err := tlog.CheckRecord(proof, tree.N, tree.Hash, index, leaf); err != nil {
				return nil, fmt.Errorf("entry %d: %w", index, err)
			}
			more, err := tlog.StoredHashesForRecordHash(index, leaf, fromEntries)
			if err != nil {
				return nil, err
			}
			hashes = append(hashes, more...)
		}
	}
	return fromEntries, nil
}

// bundle splits the entry bundle that begins at this index: u16 length, bytes, and so on.
func (t *tiles) bundle(first int64) ([][]byte, error) {
	width := t.size - first
	if width > tileWidth {
		width = tileWidth
	}
	path := tilePath(tlog.Tile{H: tileHeight, L: -1, N: first / tileWidth, W: int(width)})
	data, err := os.ReadFile(filepath.Join(t.folder, path))
	if err != nil {
		return nil, err
	}
	var entries [][]byte
	for len(data) > 0 {
		if len(data) < 2 || len(data)-2 < int(binary.BigEndian.Uint16(data)) {
			return nil, fmt.Errorf("%s: cut off after %d entries", path, len(entries))
		}
		end := 2 + int(binary.BigEndian.Uint16(data))
		entries = append(entries, data[2:end])
		data = data[end:]
	}
	if int64(len(entries)) != width {
		return nil, fmt.Errorf("%s: %d entries, not %d", path, len(entries), width)
	}
	return entries, nil
}

// checkTiles compares every tile of the tree, at every level, with what the entries make.
func (t *tiles) checkTiles(stored tlog.HashReader) (count int, err error) {
	for level := 0; t.size>>(tileHeight*level) > 0; level++ {
		hashes := t.size >> (tileHeight * level)
		for n := int64(0); n*tileWidth < hashes; n++ {
			width := hashes - n*tileWidth
			if width > tileWidth {
				width = tileWidth
			}
			tile := tlog.Tile{H: tileHeight, L: level, N: n, W: int(width)}
			published, err := t.read(tile)
			if err != nil {
				return count, err
			}
			made, err := tlog.ReadTileData(tile, stored)
			if err != nil {
				return count, err
			}
			if !bytes.Equal(published, made) {
				return count, fmt.Errorf("%s is not what the entries make", tilePath(tile))
			}
			count++
		}
	}
	return count, nil
}
