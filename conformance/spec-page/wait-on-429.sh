HEADERS=$(mktemp)
STATUS=$(curl -s -D "$HEADERS" -o /tmp/body -w "%{http_code}" \
-H "Authorization: Bearer $KUPE_API_KEY" \
"https://api.kupe.cloud/api/v1/tenants/<tenant>/clusters")
if [ "$STATUS" = "429" ]; then
WAIT=$(awk -F': ' 'tolower($1)=="retry-after" {gsub(/\r/,""); print $2}' "$HEADERS")
echo "Rate limited, waiting ${WAIT}s"
sleep "${WAIT:-5}"
fi
